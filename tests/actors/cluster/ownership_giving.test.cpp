#include "tests/support/ownership_world.hpp"

#include <catch2/catch.hpp>

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
  return world;
}

} // namespace

SCENARIO("a draining node gives everything away, waits for no stability, and says when it is done") {
  auto world = cluster_of(3);
  const auto its = world.served(1);
  const auto settled = world.settled.size();
  world.tell(1, to_ownership::drain{});
  world.run_for(1'000);
  CHECK(world.nodes[1].drained);
  CHECK(world.served(1) == 0);
  CHECK(world.served() == all);
  CHECK(world.settled.size() == settled + its);
  CHECK(world.nodes[0].view->find("node-b")->draining);
  CHECK(world.broken.empty());
}

SCENARIO("a draining node ends the rooms of at most sixteen shards at a time") {
  auto world = cluster_of(2);
  world.rules.settles_are_answered = false;
  const auto settled = world.settled.size();
  world.tell(0, to_ownership::drain{});
  world.run_for(900);
  CHECK(world.settled.size() == settled + 16);
  world.run_for(300); // They count as settled after a second.
  CHECK(world.settled.size() == settled + 32);
}

SCENARIO("the last node drains at once: there is nobody to give to") {
  auto world = cluster_of(1);
  world.tell(0, to_ownership::drain{});
  CHECK(world.nodes[0].drained);
}

SCENARIO("a draining node takes nothing, and nobody gives to it") {
  auto world = cluster_of(3);
  world.tell(1, to_ownership::drain{});
  world.run_for(1'000);
  world.crash(2);
  world.run_for(10'000);
  CHECK(world.served(0) == all);
}

SCENARIO("a shard is not served from the moment its rooms are told to end") {
  auto world = cluster_of(2);
  auto core = world.nodes[0].core;
  shared_view last;
  for (const auto& effect : core.apply(to_ownership::drain{}, world.now)) {
    if (const auto* view = std::get_if<ownership_does::publish>(&effect))
      last = view->view;
    if (const auto* settle = std::get_if<ownership_does::settle>(&effect)) {
      REQUIRE(last);
      CHECK_FALSE(last->owns(settle->shard));
    }
  }
  CHECK(last->paused.size() == 16);
}

SCENARIO("a shard whose taker died while its rooms ended stays, under a raised term") {
  world_rules rules;
  rules.settles_are_answered = false;
  ownership_world world(all, rules);
  world.start("node-a");
  world.run_for(100);
  world.start("node-b");
  world.run_for(3'500);
  REQUIRE(world.settled.size() == 16);
  const auto shard = world.settled.front().second;
  CHECK_FALSE(world.serves(0, shard));
  world.crash(1);
  world.run_for(2'000);
  CHECK(world.served(0) == all);
  CHECK(world.store.shards[shard].term == 2);
}

SCENARIO("a pinned shard goes where it is pinned, and back when the pin is taken away") {
  auto world = cluster_of(2);
  const storage::shard_id shard = 40;
  const auto before = world.store.shards[shard].owner;
  world.store.shards[shard].pinned = before == "node-a" ? "node-b" : "node-a";
  world.run_for(2'100);
  CHECK(world.store.shards[shard].owner == world.store.shards[shard].pinned);
  world.store.shards[shard].pinned.clear();
  world.run_for(2'100);
  CHECK(world.store.shards[shard].owner == before);
  CHECK(world.served() == all);
}

SCENARIO("nothing is given for balance to a node that cannot be reached") {
  ownership_world world(all, {});
  world.start("node-a");
  world.run_for(100);
  world.start("node-b");
  world.run_for(100);
  world.tell(0, to_ownership::peer_down{"node-b", 2});
  world.run_for(20'000);
  CHECK(world.served(0) == all);
  world.tell(0, to_ownership::peer_up{"node-b", 2});
  world.run_for(20'000);
  CHECK(world.served(1) >= 115);
}

SCENARIO("an access node owns nothing") {
  auto world = cluster_of(1);
  world.start("access", 0);
  world.run_for(20'000);
  CHECK(world.served(0) == all);
  world.crash(0);
  world.run_for(20'000);
  CHECK(world.served() == 0);
}

SCENARIO("nodes that come and go all the time do not make the others exchange shards") {
  auto world = cluster_of(2);
  const auto settled = world.settled.size();
  for (int i = 0; i < 5; ++i) {
    const auto passing = world.start("node-z");
    world.run_for(2'000);
    world.crash(passing);
    world.run_for(1'000);
  }
  CHECK(world.settled.size() == settled);
  CHECK(world.served() == all);
  CHECK(world.broken.empty());
}
