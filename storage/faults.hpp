// storage/faults.hpp
//
// Where tests may kill the process or plant a bug. The shipped binary links
// faults_none.cpp, in which nothing ever happens; the test binary links
// tests/support/faults_from_environment.cpp.
#pragma once

#include <cstdint>

namespace troupe::storage {

/// Bugs that the checker must find when they are compiled in; and `room_throws`, by which a
/// message with "kaboom" in its body makes its room crash.
enum class plant : std::uint8_t {
  sync_off,
  ack_before_commit,
  no_unique_index, ///< The memory of cids is not consulted.
  no_fence,
  overwrite, ///< A run is stored under its own numbers, whatever stands there already.
  no_kill,   ///< A silent owner's process is left alone when its rooms are taken.
  order_swap,
  room_throws,
  relay_throws,   ///< Its relay crashes at such a message.
  stale_presence, ///< The members of a dead node are never dropped.
  skip_refill,    ///< A relay does not ask for what it missed.
};

/// Steps on a message's way where a test may kill or stop the process.
enum class crash_point : std::uint8_t { before_begin, after_insert, after_commit, after_ack, after_fan_out };

bool planted(plant what) noexcept;
void reached(crash_point where) noexcept;

} // namespace troupe::storage
