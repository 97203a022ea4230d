// tests/model/explorer.hpp
#pragma once

#include "tests/model/fingerprint.hpp"
#include "tests/support/ownership_world.hpp"

#include <string>
#include <vector>

namespace troupe::tests {

/// How far is explored.
struct bounds {
  time_ms span_ms = 0;         ///< Of the world's time …
  time_ms step_ms = 1'000;     ///< … in such steps.
  unsigned faults_max = 0;     ///< Calls that fail or lose their answer, crashes, freezes, cuts, slow steps.
  time_ms recovery_ms_max = 0; ///< After the last fault every shard is served by then.
  std::size_t states_max = 0;  ///< More than that is a mistake of the test.
};

struct exploration {
  std::size_t states = 0;
  std::size_t steps = 0;
  std::size_t recoveries = 0;     ///< Ends at which not every shard was served, and came to be.
  std::string broken;             ///< The first promise found broken, by a shortest way …
  std::vector<std::string> story; ///< … which is this.
};

/// Takes every step that a world can take, breadth first, and looks at every state it can come to: calls to the
/// store are carried out in any order, fail, or lose their answers; what a node is told comes in any order;
/// processes end, freeze, and go on at any time; nodes are cut off from the store; answers come late.
///
/// What a node is told is handed over before anybody else moves: that commutes with all that others do, except
/// with the end or the freeze of that very node, which is tried as well. A beat is carried out before
/// other calls of the same moment: the sooner it is seen, the sooner its node is taken for dead. A failed call is a cut
/// that heals at once.
exploration explore(const ownership_world& start, const bounds& within);

} // namespace troupe::tests
