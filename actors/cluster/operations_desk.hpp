#pragma once

#include "actors/api.hpp"
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
/// Access:    the addresses in `listen.trusted`; all others get 403.
class operations_desk {
public:
  explicit operations_desk(services& around) : around_(around) {}

  bool takes(std::string_view path) const;

  /// The answer, or nothing when the request `id` will hear it as an `api_response`.
  std::optional<api_response> answer(connection_id id, const api_request& request);

private:
  std::optional<api_response> tell_cluster(connection_id id, const cluster_view& view);
  std::optional<api_response> explain(connection_id id, std::string_view query);
  api_response tell_owner(connection_id id, const cluster_view& view, const std::string& room);
  std::optional<api_response> tell_health(connection_id id, const cluster_view& view, const std::string& room);
  std::optional<api_response> move(connection_id id, const cluster_view& view, room_place place,
                                   const std::string& body);

  bool is_trusted(const std::string& address) const;
  can_reach reachable_from(std::size_t io_thread) const;
  room_place place_for(connection_id id, const cluster_view& view, const std::string& room) const;

  services& around_;
};

} // namespace troupe::actors
