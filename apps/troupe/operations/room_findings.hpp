// apps/troupe/operations/room_findings.hpp
//
// What several nodes know of one room, and what an operator should make of it.
#pragma once

#include "actors/room_health.hpp"

#include <string>
#include <vector>

namespace troupe::operations {

struct room_picture {
  actors::room_place place;
  std::vector<actors::room_health> nodes;
  std::vector<std::string> silent;   ///< Nodes that gave no answer.
  std::vector<std::string> findings; ///< What is wrong, the worst first, and what to do; empty when all is well.
  bool operator==(const room_picture&) const = default;
};
BOOST_DESCRIBE_STRUCT(room_picture, (), (place, nodes, silent, findings))

/// From these on something is worth a word.
inline constexpr std::uint64_t slow_commit_us = 250'000;
inline constexpr std::uint64_t stuck_commit_us = 1'000'000;
inline constexpr std::uint64_t busy_thread_us = 50'000;
inline constexpr std::uint64_t slow_fan_out_us = 100'000;
inline constexpr std::uint32_t many_waiting = 1'000;
inline constexpr protocol::seq_t far_behind = 256;

std::vector<std::string> room_findings(const room_picture& picture);

/// The owner's answer; null while there is none.
const actors::room_health* owner_in(const room_picture& picture);

/// Microseconds for people: `340 µs`, `1.2 ms`, `2.5 s`.
std::string shown_time(std::uint64_t us);

} // namespace troupe::operations
