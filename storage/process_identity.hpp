// storage/process_identity.hpp
//
// Which process it was, so that nobody else is taken for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace troupe::storage {

/// One process of one run of one machine. A pid alone is used again; with the time its
/// process started and the machine's boot it is not.
struct process_identity {
  pid_t pid = 0;
  std::uint64_t started_ticks = 0; ///< After the machine's boot, as /proc says.
  std::string boot;                ///< Of the machine, /proc/sys/kernel/random/boot_id.
  std::uint64_t pid_namespace = 0; ///< What a pid means depends on it.
  std::uint32_t uid = 0;
  bool operator==(const process_identity&) const = default;
};

/// This process; nothing when /proc does not tell, or tells of another pid namespace.
std::optional<process_identity> this_process();

enum class fate : std::uint8_t {
  lives,  ///< It exists; it may be stopped.
  gone,   ///< It has ended, and all it held was given back.
  unknown ///< It cannot be seen from here: it is of another pid namespace, or /proc could not be read.
};

/// What became of `whom`, seen from `here`.
fate fate_of(const process_identity& whom, const process_identity& here);

/// Sends `signal` to that very process. False when it was not sent: it is gone, cannot be seen
/// from here, is `here` itself or another user's.
bool signal_process(const process_identity& whom, const process_identity& here, int signal);

/// Ends a process that may be stopped, by SIGKILL, and waits until it is gone. True when it
/// is gone; never touches another process that has got its pid, nor `here` itself.
bool end_for_sure(const process_identity& whom, const process_identity& here, std::chrono::milliseconds wait);

} // namespace troupe::storage
