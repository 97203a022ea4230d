// The simulation is itself tested: bugs that are planted have to be found, each within a number of seeds.
#include "storage/faults.hpp"
#include "tests/simulation/cluster/random_run.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <string>

using namespace troupe;
using namespace troupe::tests;

namespace {

struct planted_bug {
  const char* what;
  storage::plant which;
  const char* shows_as; ///< What has to be said of it.
};

constexpr planted_bug bugs[] = {
  {"an ack does not wait for the commit", storage::plant::ack_before_commit, "every ack is in the final history"},
  {"the memory of cids is not consulted", storage::plant::no_unique_index, "no (room, user, cid) twice"},
  {"a relay swaps neighbours", storage::plant::order_swap, "increasing without a hole"},
  {"a dead node's members stay", storage::plant::stale_presence, "believes that"},
  {"a relay does not ask for what it missed", storage::plant::skip_refill, "increasing without a hole"},
  {"an old owner may still write", storage::plant::no_fence, "is stored under term"},
};

constexpr std::uint64_t seeds_max = 400;

} // namespace

SCENARIO("the simulation finds planted bugs", "[planted]") {
  for (const auto& bug : bugs) {
    plant_bug(bug.which, true);
    std::uint64_t seed = 0;
    std::string found;
    while (found.empty() && seed < seeds_max)
      for (const auto& line : random_run(++seed))
        if (found.empty() && line.find(bug.shows_as) != std::string::npos)
          found = line;
    plant_bug(bug.which, false);
    CAPTURE(bug.what);
    CHECK_FALSE(found.empty());
    std::printf("%s: found with seed %u: %s\n", bug.what, static_cast<unsigned>(seed), found.c_str());
  }
}
