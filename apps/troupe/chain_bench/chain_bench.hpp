// apps/troupe/chain_bench/chain_bench.hpp
#pragma once

#include "apps/troupe/chain_bench/chain_report.hpp"

#include <cstdint>
#include <vector>

namespace troupe::chain_bench {

struct settings {
  std::uint32_t messages = 20'000; ///< Of each way in a round.
  std::uint32_t rounds = 31;
  bool json = false;
};

/// Sends messages through chains of the real supervisors on one execution unit, from the gate of a connection to the end
/// of the chain and, with the answer, back through the steps. The first series is the chain without steps; one way is
/// measured twice, so that the noise can be told from a difference.
///
/// Errors: throws std::runtime_error when a message does not come through.
std::vector<series> measure(const settings& how);

} // namespace troupe::chain_bench
