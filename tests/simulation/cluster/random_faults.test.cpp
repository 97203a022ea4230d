// A cluster under a thousand seeds of faults: nothing acked is lost, nothing is there twice or out of order, everybody
// is told the same, and all of it works again when the faults are over.
#include "tests/simulation/cluster/random_run.hpp"

#include <catch2/catch.hpp>

#include <cstdio>

using namespace troupe::tests;

SCENARIO("a cluster keeps its promises whatever goes wrong", "[random]") {
  const auto [first, last] = chosen_seeds(1, 1'000);
  for (auto seed = first; seed <= last; ++seed) {
    const auto wrong = random_run(seed);
    if (wrong.empty())
      continue;
    std::fputs(report(seed, wrong).c_str(), stderr); // Catch would break the lines.
    FAIL_CHECK("seed " << seed);
  }
}
