// apps/troupe/chain_bench/summary.hpp
#pragma once

#include <algorithm>
#include <vector>

namespace troupe::chain_bench {

/// Of the rounds of one way.
struct summary {
  double least = 0;
  double middle = 0;
  double most = 0;
};

inline summary summary_of(std::vector<double> rounds) {
  std::sort(rounds.begin(), rounds.end());
  return rounds.empty() ? summary{} : summary{rounds.front(), rounds[rounds.size() / 2], rounds.back()};
}

} // namespace troupe::chain_bench
