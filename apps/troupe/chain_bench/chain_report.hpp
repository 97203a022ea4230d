// apps/troupe/chain_bench/chain_report.hpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::chain_bench {

/// How long a message took on one way, in nanoseconds: one number a round.
struct series {
  std::string way;
  std::vector<double> ns;
};

/// A line a series: the least, the middle and the most of its rounds, and the middle over that of the first series.
std::string as_text(const std::vector<series>& all, std::uint32_t messages);
std::string as_json(const std::vector<series>& all, std::uint32_t messages);

} // namespace troupe::chain_bench
