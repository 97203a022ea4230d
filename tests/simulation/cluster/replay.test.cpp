// A seed is worth something only if it gives the same run each time.
#include "tests/support/random_faults.hpp"

#include <catch2/catch.hpp>

using namespace troupe::tests;

namespace {

std::vector<troupe::checker::event> history_of(std::uint64_t seed) {
  cluster_simulation cluster{seed, {}};
  for (const auto& node : cluster.nodes())
    cluster.start(node);
  for (const auto& person : cluster.people()) {
    person->starts();
    person->lives();
  }
  random_faults faults{cluster};
  faults.go_on_for(8'000);
  cluster.pass(8'000);
  return cluster.history().events;
}

} // namespace

SCENARIO("the same seed gives the same history, another seed another one", "[replay]") {
  const auto first = history_of(7);
  REQUIRE(first.size() > 100);
  CHECK(first == history_of(7));
  CHECK(first != history_of(8));
}
