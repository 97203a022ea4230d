#include "actors/api_routes.hpp"

namespace troupe::actors {

std::optional<api_call> api_route::call_for(std::string_view method) const {
  for (const auto& [name, call] : methods) {
    if (name == method)
      return call;
  }
  return std::nullopt;
}

std::string api_route::methods_as_text() const {
  std::string text;
  for (const auto& [name, call] : methods)
    text.append(text.empty() ? "" : " or ").append(name);
  return text;
}

const config::route_table<api_route>& api_routes() {
  using enum api_call;
  constexpr bool everybody = false;
  constexpr bool operators = true;
  static const auto routes = config::route_table<api_route>::of(
    {
      {"/api/v1/rooms/*room/messages", {everybody, {{"GET", get_messages}, {"POST", post_message}}}},
      {"/api/v1/rooms/*room/moderate", {everybody, {{"POST", moderate}}}},
      {"/api/v1/rooms/*room/owner", {operators, {{"GET", tell_owner}}}},
      {"/api/v1/rooms/*room/health", {operators, {{"GET", tell_health}}}},
      {"/api/v1/chains", {operators, {{"GET", explain}}}},
      {"/api/v1/cluster", {operators, {{"GET", tell_cluster}}}},
      {"/api/v1/shards/:shard", {operators, {{"GET", tell_shard}}}},
      {"/api/v1/shards/:shard/move", {operators, {{"POST", move_shard}}}},
    },
    config::route_form::path);
  return routes;
}

} // namespace troupe::actors
