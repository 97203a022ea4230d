// tests/simulation/cluster/random_run.hpp
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// A cluster under the faults and the people that this seed draws; gives what was wrong.
std::vector<std::string> random_run(std::uint64_t seed);

/// The seeds to run: `TROUPE_SEED=7` is that one, `TROUPE_SEEDS=1-500` those, else `otherwise`.
std::pair<std::uint64_t, std::uint64_t> chosen_seeds(std::uint64_t first, std::uint64_t last);

/// What was wrong, with how to see it again.
std::string report(std::uint64_t seed, const std::vector<std::string>& wrong);

} // namespace troupe::tests
