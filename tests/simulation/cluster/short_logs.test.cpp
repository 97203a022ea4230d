// Rooms whose logs drop what somebody still has to read: they are told so, and go on.
#include "tests/support/random_faults.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;

SCENARIO("a node that stood still for longer than a room's ring lasts goes on with the rest", "[short logs]") {
  const auto seed = GENERATE(range(1u, 51u));
  CAPTURE(seed);
  cluster_simulation::options how;
  how.durability = protocol::durability::memory;
  how.ring = 8;
  cluster_simulation cluster{seed, how};
  for (const auto& node : cluster.nodes())
    cluster.start(node);
  REQUIRE(cluster.comes_true([&] { return cluster.is_whole(); }, 20'000));
  for (const auto& person : cluster.people())
    person->starts();
  cluster.pass(6'000);
  const auto& room = cluster.rooms().front();
  for (const auto& node : cluster.nodes())
    if (node != cluster.owner_of(room))
      cluster.freeze(node, 2'000); // Shorter than its time to live, and than its clients' patience.
  for (int i = 0; i < 20; ++i) {
    for (const auto& person : cluster.people())
      for (const auto& where : person->rooms())
        if (where == room)
          person->says(room);
    cluster.pass(100);
  }
  cluster.pass(2'000);
  cluster.heal();
  const auto wrong = cluster.judge();
  CHECK(wrong == std::vector<std::string>{});
}

SCENARIO("logs that keep little, and nodes that stand still meanwhile", "[short logs]") {
  const auto seed = GENERATE(range(1u, 61u));
  CAPTURE(seed);
  cluster_simulation cluster{seed, {.history = 8}};
  for (const auto& node : cluster.nodes())
    cluster.start(node);
  REQUIRE(cluster.comes_true([&] { return cluster.is_whole(); }, 20'000));
  for (const auto& person : cluster.people()) {
    person->starts();
    person->lives();
  }
  random_faults faults{cluster};
  faults.go_on_for(6'000);
  for (int i = 0; i < 60; ++i) {
    for (const auto& person : cluster.people())
      for (int again = 0; again < 2; ++again)
        person->says(person->rooms().front());
    cluster.pass(100);
  }
  cluster.pass(1'000);
  cluster.heal();
  const auto wrong = cluster.judge();
  CHECK(wrong == std::vector<std::string>{});
}
