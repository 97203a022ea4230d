// config/room_patterns.hpp
//
// Which policy holds for a room: patterns of room names, the most specific one first.
#pragma once

#include "config/options.hpp"
#include "config/route_table.hpp"

#include <string_view>
#include <vector>

namespace troupe::config {

/// The policies of a node, found by the name of a room.
///
/// Threading: immutable after construction; may be read by any number of threads.
/// Errors:    the constructor throws std::invalid_argument for a list that the loader would have refused.
class room_patterns {
public:
  explicit room_patterns(const std::vector<room_policy>& policies);

  /// The policy of the most specific pattern that matches. When none does, the defaults of `room_policy`.
  const room_policy& policy_for(std::string_view room) const noexcept;

private:
  route_table<room_policy> table_;
  room_policy otherwise_;
};

/// Most `[[rooms]]` of one configuration.
inline constexpr std::size_t room_patterns_max = 256;

} // namespace troupe::config
