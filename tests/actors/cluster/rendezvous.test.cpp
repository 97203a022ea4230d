#include "actors/cluster/rendezvous.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>

using namespace troupe::actors;

namespace {

constexpr std::size_t shards = 256;
const std::vector<std::string> unpinned(shards);

std::vector<shard_taker> nodes(std::mt19937_64& random, std::size_t n) {
  std::vector<shard_taker> all;
  while (all.size() < n)
    all.push_back({"node-" + std::to_string(random()), 1});
  return all;
}

std::map<std::string, std::size_t> loads(const std::vector<std::string>& wanted) {
  std::map<std::string, std::size_t> count;
  for (const auto& owner : wanted)
    ++count[owner];
  return count;
}

} // namespace

SCENARIO("no node is asked to hold more than a tenth above its share") {
  std::mt19937_64 random(1);
  for (int set = 0; set < 1'000; ++set) {
    const auto n = static_cast<std::size_t>(set % 16) + 1;
    auto all = nodes(random, n);
    const auto wanted = wanted_owners(all, unpinned);
    const auto count = loads(wanted);
    REQUIRE(count.count("") == 0);
    for (const auto& [node, load] : count)
      REQUIRE(load <= (11 * shards + 10 * n - 1) / (10 * n));
    std::shuffle(all.begin(), all.end(), random);
    REQUIRE(wanted_owners(all, unpinned) == wanted);
  }
}

SCENARIO("who joins or leaves moves its own shards and very few others") {
  std::mt19937_64 random(2);
  std::size_t between_others = 0, moves = 0, fair = 0;
  for (int set = 0; set < 1'000; ++set) {
    const auto n = static_cast<std::size_t>(set % 15) + 1;
    const auto more = nodes(random, n + 1);
    const auto& newcomer = more.back().node;
    const auto before = wanted_owners({more.begin(), more.end() - 1}, unpinned);
    const auto after = wanted_owners(more, unpinned);
    std::size_t others = 0;
    for (std::size_t shard = 0; shard < shards; ++shard) {
      moves += before[shard] != after[shard];
      others += before[shard] != after[shard] && after[shard] != newcomer;
    }
    REQUIRE(others <= 24);
    between_others += others;
    fair += shards / (n + 1);
    if (n == 1)
      REQUIRE(others == 0); // Nobody was full.
  }
  CHECK(between_others < 5 * 1'000); // Of 256 each time.
  CHECK(moves * 10 < fair * 12);
}

SCENARIO("a pinned shard is where it is pinned, and the rest makes room for it") {
  std::mt19937_64 random(3);
  for (int set = 0; set < 1'000; ++set) {
    const auto n = static_cast<std::size_t>(set % 16) + 1;
    const auto all = nodes(random, n);
    auto pins = unpinned;
    const auto pinned = random() % (n == 1 ? 200 : 40);
    for (std::size_t i = 0; i < pinned; ++i)
      pins[random() % shards] = all.front().node;
    pins[random() % shards] = "nobody-by-this-name";
    const auto wanted = wanted_owners(all, pins);
    for (std::size_t shard = 0; shard < shards; ++shard)
      if (pins[shard] == all.front().node)
        REQUIRE(wanted[shard] == pins[shard]);
    const auto bound = (11 * shards + 10 * n - 1) / (10 * n);
    for (const auto& [node, load] : loads(wanted)) {
      REQUIRE_FALSE((node.empty() || node == "nobody-by-this-name"));
      REQUIRE(load <= std::max(bound, node == all.front().node ? pinned : 0));
    }
  }
}

SCENARIO("a node gets its weight's share, and one without weight gets nothing") {
  std::mt19937_64 random(4);
  std::map<std::uint32_t, double> got;
  for (int set = 0; set < 1'000; ++set) {
    auto all = nodes(random, 4);
    for (std::uint32_t i = 0; i < 4; ++i)
      all[i].weight = i; // 0, 1, 2, 3 of 6
    auto pins = unpinned;
    pins[7] = all[0].node;
    const auto count = loads(wanted_owners(all, pins));
    REQUIRE(count.count(all[0].node) == 0);
    for (std::uint32_t i = 1; i < 4; ++i) {
      REQUIRE(count.at(all[i].node) <= (11 * shards * i + 59) / 60);
      got[i] += static_cast<double>(count.at(all[i].node)) / 1'000;
    }
  }
  for (std::uint32_t i = 1; i < 4; ++i)
    CHECK(got[i] == Approx(shards * i / 6.0).epsilon(0.05));
}

SCENARIO("without a node that takes shards nobody is wanted") {
  CHECK(wanted_owners({}, unpinned) == unpinned);
  CHECK(wanted_owners({{"access", 0}}, unpinned) == unpinned);
}

SCENARIO("where a shard belongs never changes between versions") {
  const auto wanted = wanted_owners({{"a", 1}, {"b", 1}, {"c", 2}}, std::vector<std::string>(16));
  std::string line;
  for (const auto& owner : wanted)
    line += owner;
  CHECK(line == "aabbbccaccaccbba");
}
