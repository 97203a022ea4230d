// Rooms that live in their owner's memory: what is acked may be lost with it, but nobody is told two stories of one
// epoch, and everybody hears that the log is another one.
#include "tests/support/random_faults.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace troupe;
using namespace troupe::tests;

SCENARIO("a memory room that moved under load leaves nothing behind", "[memory]") {
  const auto seed = GENERATE(range(1u, 16u));
  CAPTURE(seed);
  cluster_simulation::options how;
  how.durability = protocol::durability::memory;
  how.rooms = 20; // Some fall to the node that joins.
  cluster_simulation cluster{seed, how};
  for (const auto* node : {"node-1", "node-2"})
    cluster.start(node);
  for (const auto& person : cluster.people()) {
    person->starts();
    person->lives();
  }
  REQUIRE(cluster.comes_true([&] { return cluster.is_whole(); }, 20'000));
  cluster.pass(3'000);
  std::map<std::string, std::string> owners;
  for (const auto& room : cluster.rooms())
    owners[room] = cluster.owner_of(room);

  cluster.start("node-3");
  for (int i = 0; i < 100; ++i) {
    for (const auto& person : cluster.people())
      for (const auto& room : person->rooms())
        person->says(room);
    cluster.pass(100);
  }
  cluster.heal();
  for (const auto& person : cluster.people())
    person->calms_down();
  cluster.pass(3'000);
  unsigned moved = 0;
  unsigned held = 0;
  for (const auto& room : cluster.rooms()) {
    const auto owner = cluster.owner_of(room);
    CAPTURE(room, owner, owners[room]);
    moved += owner != owners[room];
    for (const auto& node : cluster.nodes())
      if (node != owner)
        CHECK_FALSE(cluster.running(node)->holds_memory_room(room));
    held += cluster.running(owner)->holds_memory_room(room);
  }
  CHECK(moved > 0);
  CHECK(held > 0);
}

SCENARIO("memory rooms keep their weaker promises under faults", "[memory]") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  cluster_simulation::options how;
  how.durability = protocol::durability::memory;
  cluster_simulation cluster{seed, how};
  for (const auto& node : cluster.nodes())
    cluster.start(node);
  for (const auto& person : cluster.people()) {
    person->starts();
    person->lives();
  }
  cluster.pass(3'000);
  random_faults faults{cluster};
  faults.go_on_for(10'000);
  cluster.pass(11'000);
  cluster.heal();
  const auto wrong = cluster.judge();
  std::string text;
  for (const auto& line : wrong)
    text += line + '\n';
  INFO(text);
  CHECK(wrong.empty());
}
