// actors/recording/tape_writer.hpp
#pragma once

#include "actors/room_core.hpp"
#include "actors/room_messages.hpp"
#include "config/options.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace troupe::actors {

/// Writes the tapes of a node's rooms into one append-only file.
///
/// Threading: rooms hand over encoded records from their I/O threads; a thread of its own
///            makes every file call.
/// Ordering:  the records of one room keep their order.
/// Overload:  at most `waiting_bytes_max` wait; beyond it recording stops for good and the file
///            says so. Rooms never wait for it.
class tape_writer {
public:
  static constexpr std::size_t waiting_bytes_max = 64 * 1024 * 1024;

  /// Creates `directory` and a new file in it, named after the node and the time.
  /// Errors: throws std::runtime_error when it cannot.
  tape_writer(const std::string& directory, const std::string& node, time_ms now,
              std::size_t waiting_max = waiting_bytes_max);
  ~tape_writer();
  tape_writer(const tape_writer&) = delete;
  tape_writer& operator=(const tape_writer&) = delete;

  /// A room starts; gives the number its later records carry.
  std::uint64_t begin(const room_snapshot& start, const config::room_policy& policy, std::uint32_t mailbox_max,
                      time_ms now);
  void command(std::uint64_t tape, const to_room::command& what, time_ms now);
  void effects(std::uint64_t tape, const room_effects& what);
  void end(std::uint64_t tape);

  /// Waits until everything handed over so far is in the file.
  void flush();

  const std::string& path() const noexcept { return path_; }
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

private:
  void append(std::string record);
  void write_all();

  std::string path_;
  int file_ = -1;
  std::size_t waiting_max_;
  std::atomic<std::uint64_t> next_tape_{1};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::string waiting_; ///< Records back to back.
  bool writing_ = false;
  bool closing_ = false;
  std::thread thread_;
};

} // namespace troupe::actors
