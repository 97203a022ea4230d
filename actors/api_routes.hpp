// actors/api_routes.hpp
//
// The paths and methods of the HTTP API.
#pragma once

#include "config/route_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::actors {

enum class api_call : std::uint8_t {
  post_message,
  get_messages,
  moderate,
  explain,
  tell_cluster,
  tell_owner,
  tell_health,
  tell_shard,
  move_shard,
};

/// What one path offers. Its variable, if it has one, names a room or a shard.
struct api_route {
  bool for_operators = false; ///< Only for the addresses in `listen.trusted`.
  std::vector<std::pair<std::string_view, api_call>> methods;

  std::optional<api_call> call_for(std::string_view method) const;

  /// "GET or POST".
  std::string methods_as_text() const;
};

/// The routes of all nodes; a room's name may hold slashes.
const config::route_table<api_route>& api_routes();

} // namespace troupe::actors
