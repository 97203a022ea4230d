#include "actors/cluster/operations_desk.hpp"

#include "actors/api_forms.hpp"
#include "actors/middleware/chains.hpp"
#include "protocol/names.hpp"

#include <boost/describe/enum_from_string.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

namespace {

template <class Report>
api_response good(const Report& report) {
  api_response response;
  response.body = boost::json::serialize(boost::json::value_from(report));
  return response;
}

/// The same for all spellings of one address.
std::optional<std::array<unsigned char, 16>> bytes_of(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1)
    return bytes;
  if (inet_pton(AF_INET6, ("::ffff:" + address).c_str(), bytes.data()) == 1)
    return bytes;
  return std::nullopt;
}

std::optional<storage::shard_id> shard_in(const std::string& text, const cluster_view& view) {
  unsigned number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || end != text.data() + text.size() || number >= view.shards.size())
    return std::nullopt;
  return static_cast<storage::shard_id>(number);
}

} // namespace

bool operations_desk::is_trusted(const std::string& address) const {
  const auto& trusted = around_.options.listen.trusted;
  const auto bytes = bytes_of(address);
  return bytes && std::any_of(trusted.begin(), trusted.end(), [&](const auto& one) { return bytes_of(one) == bytes; });
}

/// Each I/O thread has its own table of links; requests are answered on their own thread.
can_reach operations_desk::reachable_from(std::size_t io_thread) const {
  return [&peers = *around_.peers[io_thread]](const living_node& node) {
    const auto peer = peers.find(node.row.node);
    return peer != peers.end() && peer->second.incarnation == node.row.incarnation;
  };
}

room_place operations_desk::place_for(connection_id id, const cluster_view& view, const std::string& room) const {
  auto place = place_of(view, storage::shard_of(room), reachable_from(io_thread_of(id)));
  place.room = room;
  return place;
}

std::optional<api_response> operations_desk::answer(connection_id id, api_call call, const std::string& of,
                                                    const api_request& request) {
  if (call == api_call::explain)
    return explain(id, request.query);
  const auto view = around_.views.get();
  if (!view)
    return failure(code::store_unavailable, "this node has not seen the cluster yet: try again", retry::same);
  if (call == api_call::tell_cluster)
    return tell_cluster(id, *view);
  if (call == api_call::tell_shard || call == api_call::move_shard) {
    const auto shard = shard_in(of, *view);
    if (!shard)
      return failure(code::not_found, "a shard is a number from 0 to " + std::to_string(view->shards.size() - 1));
    auto place = place_of(*view, *shard, reachable_from(io_thread_of(id)));
    if (call == api_call::move_shard)
      return move(id, *view, std::move(place), request.body);
    return good(place);
  }
  if (!protocol::is_room(of))
    return failure(code::bad_request, "a room is 1 to 160 of A-Z a-z 0-9 _ . : / @ -");
  if (call == api_call::tell_owner)
    return tell_owner(id, *view, of);
  return tell_health(id, *view, of);
}

std::optional<api_response> operations_desk::tell_cluster(connection_id id, const cluster_view& view) {
  auto report = report_of(view, reachable_from(io_thread_of(id)));
  report.serving = report.serving && around_.may_serve();
  if (!around_.mesh)
    return good(report);
  const auto then = [id, fanout = around_.fanouts[io_thread_of(id)]](const cluster_report& whole) {
    caf::anon_send(fanout, for_connection{id, good(whole)});
  };
  caf::anon_send(around_.mesh, survey_links{std::make_shared<cluster_survey>(std::move(report), then)});
  return std::nullopt;
}

api_response operations_desk::tell_owner(connection_id id, const cluster_view& view, const std::string& room) {
  return good(place_for(id, view, room));
}

std::optional<api_response> operations_desk::tell_health(connection_id id, const cluster_view& view,
                                                         const std::string& room) {
  room_health start;
  start.node = around_.options.node;
  start.place = place_for(id, view, room);
  start.io_threads.resize(around_.fanouts.size());
  start.step_failures = around_.failures.get();
  std::erase_if(start.step_failures, [&](const auto& failure) { return failure.room != room; });
  const auto then = [id, fanout = around_.fanouts[io_thread_of(id)]](const room_health& whole) {
    caf::anon_send(fanout, for_connection{id, good(whole)});
  };
  const auto into = std::make_shared<room_survey>(std::move(start), then);
  caf::anon_send(around_.guardians[around_.unit_of(room)], survey_room{into});
  for (std::size_t thread = 0; thread < around_.fanouts.size(); ++thread)
    caf::anon_send(around_.fanouts[thread], survey_room{into, thread});
  return std::nullopt;
}

/// What a request meets on its way, and what that has cost on all I/O threads together.
std::optional<api_response> operations_desk::explain(connection_id id, std::string_view query) {
  const auto from = query_parameter(query, "endpoint").value_or("/ws");
  const auto named = query_parameter(query, "verb").value_or("send");
  const auto room = query_parameter(query, "room").value_or("");
  verb what{};
  if ((from != "/ws" && from != "/api") || !boost::describe::enum_from_string(named.c_str(), what))
    return failure(code::bad_request, "ask as in ?endpoint=/ws&verb=send&room=lobby; endpoints are /ws and /api");
  const auto places =
    around_.chains_of[io_thread_of(id)]->places(from == "/ws" ? endpoint::ws : endpoint::api, what, room);
  const auto then = [=, fanout = around_.fanouts[io_thread_of(id)]](const auto& threads) {
    boost::json::array steps;
    for (const auto& place : places) {
      step_health sum;
      for (const auto& thread : threads)
        for (const auto& one : thread)
          if (one.at == place) {
            sum.cost.add(one.cost);
            sum.crashes += one.crashes;
          }
      steps.push_back({{"step", place.step},
                       {"route", place.route},
                       {"requests", sum.cost.seen()},
                       {"p50_ns", sum.cost.at(500)},
                       {"p99_ns", sum.cost.at(990)},
                       {"crashes", sum.crashes}});
    }
    api_response response;
    response.body = boost::json::serialize(
      boost::json::object{{"endpoint", from}, {"verb", named}, {"room", room}, {"steps", std::move(steps)}});
    caf::anon_send(fanout, for_connection{id, std::move(response)});
  };
  const auto into =
    std::make_shared<chains_survey>(std::vector<std::vector<step_health>>(around_.guardians.size()), then);
  for (const auto& guardian : around_.guardians)
    caf::anon_send(guardian, survey_chains{into});
  return std::nullopt;
}

std::optional<api_response> operations_desk::move(connection_id id, const cluster_view& view, room_place place,
                                                  const std::string& body) {
  boost::json::error_code unreadable;
  const auto parsed = boost::json::parse(body, unreadable);
  const auto* object = unreadable ? nullptr : parsed.if_object();
  const auto* to = object ? object->if_contains("to") : nullptr;
  if (!to || !to->is_string())
    return failure(code::bad_request, R"(name the node, as in {"to":"node-2"}; {"to":""} ends the pin)");
  std::string node{to->get_string()};
  const auto* living = view.find(node);
  if (!node.empty() && !living)
    return failure(code::not_found, "no living node is called \"" + node + "\": /api/v1/cluster lists them");
  if (living && (living->draining || living->row.weight == 0))
    return failure(code::conflict, "node \"" + node + "\" takes no shards: it " +
                                     (living->draining ? "is going away" : "has weight 0") + ", choose another");
  if (!around_.membership)
    return failure(code::conflict, "this node has no cluster to move shards in");
  place.pinned = node;
  const auto then = [id, place, fanout = around_.fanouts[io_thread_of(id)]](bool stored) {
    caf::anon_send(fanout,
                   for_connection{id, stored ? good(place)
                                             : failure(code::store_unavailable,
                                                       "the store did not take the pin: try again", retry::same)});
  };
  caf::anon_send(around_.membership, pin_shard{place.shard, std::move(node), then});
  return std::nullopt;
}

} // namespace troupe::actors
