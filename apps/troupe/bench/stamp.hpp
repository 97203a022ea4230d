// apps/troupe/bench/stamp.hpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::bench {

/// What stands in the body of every message of a run, in fields of fixed width, so that a
/// receiver reads it with six loads. Letters a..p, one for each four bits: safe in
/// JSON, in MQTT and in a log, and decoded eight at a time without a table.
struct stamp {
  std::uint32_t run = 0;         ///< Tells this run's messages from what an earlier one left behind.
  std::uint32_t room = 0;        ///< Index of the room.
  std::uint32_t sender = 0;      ///< Index of the sender within its room.
  std::uint32_t number = 0;      ///< 1, 2, 3 … per sender.
  std::int64_t scheduled_ns = 0; ///< Steady clock; when it should have been sent, not when it was.

  bool operator==(const stamp&) const = default;
};

inline constexpr std::size_t stamp_bytes = 48;

/// Appends the stamp, padded with dots to `payload_bytes` (not less than `stamp_bytes`).
void write_stamp(std::string& out, const stamp& what, std::size_t payload_bytes);

/// Reads `stamp_bytes` at `from`; false when they are no stamp.
bool read_stamp(const char* from, stamp& out) noexcept;

} // namespace troupe::bench
