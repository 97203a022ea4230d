#include "apps/troupe/chain_bench/article.hpp"

#include "apps/troupe/chain_bench/small_node.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace troupe::chain_bench {

namespace {

constexpr std::uint32_t messages = 20'000;
constexpr std::uint32_t support_every = 10; ///< So many messages one goes to a room that needs the steps.

double ns_per_message(small_node& node, chains& through) {
  end_of_chain end;
  requester by{1, 0, {"ann", nullptr}, {0, 1, 0}, {0, 1, 0}};
  auto send = message_to("lobby");
  const std::string support = "support/4711";
  std::vector<protocol::request> requests;
  for (std::uint32_t i = 0; i < messages; ++i) {
    send.id = i + 1;
    send.room = i % support_every == 0 ? support : "lobby";
    requests.emplace_back(send);
  }
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < messages; ++i) {
    const auto& chain = through.find(endpoint::ws, verb::send, room_of(requests[i]));
    end.gate.enter(passage_ptr{new passage{endpoint::ws, std::move(requests[i]), by, end, chain, 1}});
    node.unit().drain();
    end.gate.answered(i + 1, {outcome::kind::ok, std::nullopt});
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  if (end.through != messages)
    throw std::runtime_error("a message did not come through");
  return took.count() / messages;
}

} // namespace

tables measure_mounting(std::uint32_t rounds) {
  small_node node;
  auto mounted = node.options();
  mounted.routes = {{"*", "send", "support/:ticket", {"validate", "moderate"}}};
  auto global = node.options();
  global.middleware.steps.insert(global.middleware.steps.end(), {"validate", "moderate"});
  const auto on_route = node.chains_of(mounted);
  const auto everywhere = node.chains_of(global);
  return contest(
    {"ns a message"},
    {{"validate, moderate on the route", [&] { return std::vector{ns_per_message(node, *on_route)}; }},
     {"validate, moderate for every request", [&] { return std::vector{ns_per_message(node, *everywhere)}; }}},
    rounds);
}

} // namespace troupe::chain_bench
