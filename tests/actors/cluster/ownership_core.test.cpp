#include "tests/support/ownership_world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::tests;

namespace {

constexpr std::size_t all = storage::shard_count;

ownership_world cluster_of(std::size_t n, world_rules rules = {}) {
  ownership_world world(all, rules);
  for (std::size_t i = 0; i < n; ++i)
    world.start("node-" + std::string(1, static_cast<char>('a' + i)));
  world.run_for(30'000);
  REQUIRE(world.served() == all);
  REQUIRE(world.broken.empty());
  return world;
}

std::size_t calls_of(const ownership_effects& effects) {
  std::size_t calls = 0;
  for (const auto& e : effects)
    calls += std::holds_alternative<ownership_does::look>(e) || std::holds_alternative<ownership_does::beat>(e) ||
             std::holds_alternative<ownership_does::change>(e);
  return calls;
}

template <class Effect>
std::size_t of(const ownership_effects& effects) {
  return static_cast<std::size_t>(
    std::count_if(effects.begin(), effects.end(), [](const auto& e) { return std::holds_alternative<Effect>(e); }));
}

} // namespace

SCENARIO("the first node of a cluster takes all shards at once") {
  ownership_world world(all, {});
  world.start("node-a");
  world.run_for(50);
  CHECK(world.served(0) == all);
  CHECK(world.store.shards[7].term == 1);
}

SCENARIO("a second node gets its share at sixteen shards a second once the cluster is stable") {
  ownership_world world(all, {});
  world.start("node-a");
  world.run_for(10'000);
  world.start("node-b");
  const auto joined = world.now;
  world.run_for(20'000);
  CHECK(world.served() == all);
  CHECK(world.served(0) <= 141);
  CHECK(world.served(1) >= 115);
  CHECK(world.settled.front().first >= joined + 3'000);
  for (std::size_t i = 16; i < world.settled.size(); ++i)
    CHECK(world.settled[i].first - world.settled[i - 16].first >= 1'000);
  CHECK(world.broken.empty());
}

SCENARIO("a third node gets its share from both, and still not faster") {
  auto world = cluster_of(2);
  const auto before = world.settled.size();
  world.start("node-c");
  world.run_for(30'000);
  CHECK(world.served(2) >= 256 - 2 * 94);
  REQUIRE(world.settled.size() > before + 16);
  for (std::size_t i = before + 16; i < world.settled.size(); ++i)
    CHECK(world.settled[i].first - world.settled[i - 16].first >= 1'000);
}

SCENARIO("the shards of a process that has ended are taken at once") {
  auto world = cluster_of(3);
  world.crash(1);
  world.run_for(50);
  CHECK(world.served() == all);
  CHECK(world.broken.empty());
  world.run_for(1'000);
  CHECK(world.store.nodes.size() == 2);
}

SCENARIO("a frozen node keeps its shards for the time to live, then it is killed, then they are taken") {
  auto world = cluster_of(3);
  const auto served_by_others = world.served() - world.served(1);
  world.freeze(1);
  world.run_for(3'000);
  CHECK(world.nodes[1].is == process::frozen);
  CHECK(world.served() == served_by_others);
  world.run_for(3'100);
  CHECK(world.nodes[1].is == process::dead);
  CHECK(world.served() == all);
  CHECK(world.broken.empty());
}

SCENARIO("a node that was frozen for three seconds goes on as if nothing had been") {
  auto world = cluster_of(2);
  const auto rows = world.store.shards;
  world.freeze(1);
  world.run_for(3'000);
  world.carry_on(1);
  world.run_for(10'000);
  CHECK(world.store.shards == rows);
  CHECK(world.served() == all);
}

SCENARIO("where the store's fence is enough, a node that thaws finds itself replaced and ends") {
  auto world = cluster_of(2, {.promise = expired_are::fenced});
  world.freeze(1);
  world.run_for(8'000);
  CHECK(world.served(0) == all);
  world.carry_on(1);
  CHECK(world.served(1) == 0);
  world.run_for(1'000);
  CHECK(world.nodes[1].is == process::dead);
  CHECK(world.served(0) == all);
  CHECK(world.broken.empty());
}

SCENARIO("a process that cannot be killed keeps its shards, loudly") {
  auto world = cluster_of(2);
  world.rules.kills_succeed = false;
  const auto mine = world.served(0);
  world.freeze(1);
  world.run_for(20'000);
  CHECK(world.served(0) == mine);
  CHECK(world.nodes[0].warnings.size() == 1);
  CHECK(world.nodes[0].view->find("node-b") == nullptr);
  world.rules.kills_succeed = true;
  world.run_for(1'100);
  CHECK(world.served(0) == all);
  CHECK(world.broken.empty());
}

SCENARIO("a node that cannot reach the store stops at its own deadline, before others may take its shards") {
  auto world = cluster_of(2, {.promise = expired_are::fenced});
  world.nodes[1].cut_off = true;
  const auto deadline = world.nodes[1].core.deadline();
  CHECK(deadline <= world.now + 4'000);
  world.run_for(deadline - world.now - 1);
  CHECK(world.served(1) > 0);
  world.run_for(1);
  CHECK_FALSE(world.nodes[1].view->serving);
  CHECK(world.served(1) == 0);
  CHECK(world.served(0) < all);
  world.run_for(3'000);
  CHECK(world.served(0) == all);
  CHECK(world.broken.empty());
}

SCENARIO("the own deadline counts from the sending of a beat, and a failed one moves nothing") {
  auto core = cluster_of(1).nodes[0].core;
  const auto sent = core.deadline() - 4'000 + 1'000;
  core.apply(to_ownership::beaten{sent, false}, sent + 10);
  CHECK(core.deadline() == sent + 3'000);
  core.apply(to_ownership::beaten{sent, true}, sent + 2'000);
  CHECK(core.deadline() == sent + 4'000);
}

SCENARIO("when nobody reached the store for a while, everybody goes on under raised terms and nobody is taken from") {
  auto world = cluster_of(3);
  const auto before = world.store.shards;
  for (auto& n : world.nodes)
    n.cut_off = true;
  world.run_for(30'000);
  CHECK(world.served() == 0);
  for (auto& n : world.nodes)
    n.cut_off = false;
  world.run_for(2'000);
  CHECK(world.served() == all);
  for (std::size_t shard = 0; shard < all; ++shard) {
    REQUIRE(world.store.shards[shard].owner == before[shard].owner);
    REQUIRE(world.store.shards[shard].term == before[shard].term + 1);
  }
  CHECK(world.broken.empty());
}

SCENARIO("the first node that reaches the store again takes nobody for dead: they could not have renewed either") {
  auto world = cluster_of(3);
  world.nodes[1].cut_off = world.nodes[2].cut_off = true;
  world.run_for(1'500); // It has seen their last beats.
  world.nodes[0].cut_off = true;
  world.run_for(30'000);
  world.nodes[0].cut_off = false;
  world.run_for(4'000);
  for (auto& n : world.nodes)
    n.cut_off = false;
  world.run_for(2'000);
  for (const auto& n : world.nodes)
    CHECK(n.is == process::running);
  CHECK(world.served() == all);
}

SCENARIO("a peer that is merely out of reach loses nothing") {
  auto world = cluster_of(2);
  const auto rows = world.store.shards;
  world.tell(0, to_ownership::peer_down{"node-b", 2});
  world.run_for(20'000);
  CHECK(world.store.shards == rows);
}

SCENARIO("a store whose clock jumps an hour makes nobody look dead") {
  auto world = cluster_of(2);
  const auto rows = world.store.shards;
  for (const auto jump : {3'600'000, -3'600'000}) {
    for (auto& n : world.store.nodes)
      n.beat -= jump; // As if written before the jump.
    world.run_for(10'000);
    CHECK(world.store.shards == rows);
  }
}

SCENARIO("hints are looked into together, and never more often than every twenty milliseconds") {
  auto world = cluster_of(1);
  auto core = world.nodes[0].core;
  auto now = world.now + 100;
  CHECK(calls_of(core.apply(to_ownership::hint{}, now)) == 1);
  for (int i = 0; i < 10; ++i)
    CHECK(calls_of(core.apply(to_ownership::hint{}, now)) == 0);
  auto seen = world.store;
  const auto out = core.apply(to_ownership::looked{now, seen}, now + 1);
  CHECK(calls_of(out) == 0);
  CHECK(std::get<ownership_does::wake_at>(out.back()).time == now + 20);
  const auto early = core.apply(to_ownership::wake{}, now + 19); // By a clock that is not quite the store's.
  CHECK(calls_of(early) == 0);
  REQUIRE_FALSE(early.empty());
  CHECK(std::get<ownership_does::wake_at>(early.back()).time == now + 20);
  CHECK(calls_of(core.apply(to_ownership::wake{}, now + 20)) == 1);
}

SCENARIO("owners that the store does not let be changed are tried for again later, and that is told once") {
  auto world = cluster_of(1);
  auto core = world.nodes[0].core;
  auto seen = world.store;
  seen.shards[7].owner = "somebody-gone";
  seen.shards[7].incarnation = 999;
  ++seen.shards[7].term;
  auto now = world.now + 100;
  std::size_t warnings = 0;
  core.apply(to_ownership::hint{}, now);
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto out = core.apply(to_ownership::looked{now, seen}, now);
    REQUIRE(of<ownership_does::change>(out) == 1);
    out = core.apply(to_ownership::changed{false}, now);
    CHECK(of<ownership_does::tell_peers>(out) == 0);
    warnings += of<ownership_does::warn>(out);
    for (const auto later : {20, 100, 199})
      CHECK(of<ownership_does::look>(core.apply(to_ownership::wake{}, now + later)) == 0);
    now += 200;
    CHECK(of<ownership_does::look>(core.apply(to_ownership::wake{}, now)) == 1);
  }
  CHECK(warnings == 1);
  core.apply(to_ownership::looked{now, seen}, now);
  const auto out = core.apply(to_ownership::changed{true}, now);
  CHECK(of<ownership_does::tell_peers>(out) == 1);
}

SCENARIO("a node that is alone and idle wakes twice a second at most") {
  auto world = cluster_of(1);
  auto wakes = 0;
  for (const auto end = world.now + 60'000; world.now < end; ++wakes) {
    REQUIRE(world.nodes[0].wake > world.now);
    world.advance(world.nodes[0].wake - world.now);
    world.quiesce();
  }
  CHECK(wakes <= 120);
}
