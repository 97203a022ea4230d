#include "apps/troupe/chain_bench/chain_bench.hpp"

#include "apps/troupe/chain_bench/small_node.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::chain_bench {

namespace {

double ns_per_message(small_node& node, const shared_chain& through, std::uint32_t messages) {
  end_of_chain end;
  requester by{1, 0, {"ann", nullptr}, {0, 1, 0}, {0, 1, 0}};
  auto send = message_to("support/4711");
  std::vector<protocol::request> requests;
  for (std::uint32_t i = 0; i < messages; ++i) {
    send.id = i + 1;
    requests.emplace_back(send);
  }
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < messages; ++i) {
    end.gate.enter(passage_ptr{new passage{endpoint::ws, std::move(requests[i]), by, end, through, 1}});
    node.unit().drain();
    end.gate.answered(i + 1, {outcome::kind::ok, std::nullopt});
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  if (end.through != messages)
    throw std::runtime_error("a message did not come through");
  return took.count() / messages;
}

} // namespace

std::vector<series> measure(const settings& how) {
  small_node node;
  const std::vector<std::string> six{"access_log", "authenticate", "authorize", "rate_limit", "validate", "moderate"};
  const std::vector<std::string> empty{"empty 1", "empty 2", "empty 3", "empty 4", "empty 5", "empty 6"};
  struct way {
    std::string name;
    shared_chain through;
  };
  const std::vector<way> ways{{"no steps", node.chain_of({})},
                              {"1 step (authenticate)", node.chain_of({"authenticate"})},
                              {"6 steps, inline", node.chain_of(six)},
                              {"6 steps, inline, again", node.chain_of(six)},
                              {"6 steps, by mailbox", node.chain_of(six, true)},
                              {"6 empty steps, inline", node.chain_of(empty)},
                              {"6 empty steps, by mailbox", node.chain_of(empty, true)}};
  std::vector<series> all;
  for (const auto& one : ways) {
    ns_per_message(node, one.through, std::min<std::uint32_t>(how.messages, 2'000)); // Warm.
    all.push_back({one.name, {}});
  }
  for (std::uint32_t round = 0; round < how.rounds; ++round)
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const auto turn = (i + round) % ways.size();
      all[turn].ns.push_back(ns_per_message(node, ways[turn].through, how.messages));
    }
  return all;
}

} // namespace troupe::chain_bench
