#pragma once

#include "actors/api.hpp"
#include "actors/api_routes.hpp"
#include "actors/services.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

/// What operators ask over HTTP: the cluster, where a room is and how it does, and moving shards.
/// What the last view of the cluster tells is answered at once; the rest is asked of the actors
/// that know it, and reaches the request by way of its I/O thread's fanout.
///
/// Threading: any I/O thread; a request is answered on its own.
/// Access:    for the addresses in `listen.trusted`; the caller has checked that.
class operations_desk {
public:
  explicit operations_desk(services& around) : around_(around) {}

  /// Whether the address may ask for operations.
  bool is_trusted(const std::string& address) const;

  /// The answer to a call about a room, a shard or the node, or nothing when the request `id` will hear it as an
  /// `api_response`.
  std::optional<api_response> answer(connection_id id, api_call call, const std::string& of,
                                     const api_request& request);

private:
  std::optional<api_response> tell_cluster(connection_id id, const cluster_view& view);
  std::optional<api_response> explain(connection_id id, std::string_view query);
  api_response tell_owner(connection_id id, const cluster_view& view, const std::string& room);
  std::optional<api_response> tell_health(connection_id id, const cluster_view& view, const std::string& room);
  std::optional<api_response> move(connection_id id, const cluster_view& view, room_place place,
                                   const std::string& body);

  can_reach reachable_from(std::size_t io_thread) const;
  room_place place_for(connection_id id, const cluster_view& view, const std::string& room) const;

  services& around_;
};

} // namespace troupe::actors
