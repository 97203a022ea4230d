// storage/heartbeat_file.hpp
//
// A node's sign of life, in a file that it alone writes.
#pragma once

#include "protocol/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::storage {

/// The clock of the embedded store: milliseconds since the machine's boot. It counts on while
/// the machine sleeps, and nobody sets it.
protocol::time_ms boot_time_ms() noexcept;

struct heartbeat {
  protocol::time_ms at = 0;      ///< Boot-time clock.
  std::uint64_t incarnation = 0; ///< Whose.
  bool draining = false;
  bool operator==(const heartbeat&) const = default;
};

/// Writes one record of fixed size, in place. No lock is taken, so a process that is stopped
/// in the middle of it holds up nobody; a reader tells half a record by its checksum.
///
/// Threading: one thread at a time.
/// Durability: none; after a restart of the machine every process is gone anyway.
class heartbeat_file {
public:
  /// Opens or creates it. Throws std::system_error.
  explicit heartbeat_file(std::string path);
  heartbeat_file(const heartbeat_file&) = delete;
  heartbeat_file& operator=(const heartbeat_file&) = delete;
  ~heartbeat_file();

  bool write(const heartbeat& what) noexcept;

  /// Removes the file.
  void remove() noexcept;

private:
  std::string path_;
  int descriptor_;
};

/// Nothing when there is no whole record.
std::optional<heartbeat> read_heartbeat(const std::string& path) noexcept;

} // namespace troupe::storage
