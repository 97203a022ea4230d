// Rooms that live in their owner's memory: what is acked may be lost with it, but nobody is told two stories of one
// epoch, and everybody hears that the log is another one.
#include "tests/support/random_faults.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;

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
