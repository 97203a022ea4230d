// apps/troupe/chain_bench/contest.hpp
//
// Two ways of doing one thing, measured in turns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::chain_bench {

/// One way, and the figures of a round of it.
struct contender {
  std::string way;
  std::function<std::vector<double>()> round;
};

struct result {
  std::string way;
  std::vector<double> rounds;
};

/// Figures of one kind, with their unit in `what`.
struct table {
  std::string what;
  std::vector<result> ways;
};
using tables = std::vector<table>;

/// Measures every way once a round, another one first each time, and the first way twice, so that the noise can be told
/// from a difference. `what` names the figures of a round.
tables contest(const std::vector<std::string>& what, std::vector<contender> all, std::uint32_t rounds);

/// A line for each way: the least, the middle and the most of its rounds, and its middle over that of the first.
std::string as_text(const tables& all);
std::string as_json(const tables& all);

/// How much memory (KiB) a process has at most when it does that: in a child of its own, without what we have already.
/// Errors: throws std::runtime_error when there is no child, or it fails.
std::size_t peak_kib_of(const std::function<void()>& what);

} // namespace troupe::chain_bench
