#include "tests/simulation/cluster/random_run.hpp"

#include "tests/support/random_faults.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace troupe::tests {

namespace {

constexpr std::int64_t faults_ms = 12'000;

} // namespace

std::vector<std::string> random_run(std::uint64_t seed) {
  cluster_simulation::options how;
  how.store = seed % 3 == 0 ? simulated_store::kind::shared : simulated_store::kind::embedded;
  cluster_simulation cluster{seed, how};
  auto& world = cluster.world();
  for (const auto& node : cluster.nodes())
    world.when.after(world.chance.between(0, 1'000), [&cluster, &node] { cluster.start(node); });
  for (const auto& person : cluster.people())
    world.when.after(world.chance.between(0, 4'000), [who = person.get()] {
      who->starts();
      who->lives();
    });
  cluster.pass(world.chance.between(500, 5'000));
  random_faults faults{cluster};
  faults.go_on_for(faults_ms);
  cluster.pass(faults_ms + world.chance.between(0, 2'000));
  cluster.heal();
  return cluster.judge();
}

std::pair<std::uint64_t, std::uint64_t> chosen_seeds(std::uint64_t first, std::uint64_t last) {
  if (const char* one = std::getenv("TROUPE_SEED")) {
    const auto seed = std::strtoull(one, nullptr, 10);
    return {seed, seed};
  }
  if (const char* some = std::getenv("TROUPE_SEEDS")) {
    char* end = nullptr;
    first = std::strtoull(some, &end, 10);
    last = *end == '-' ? std::strtoull(end + 1, nullptr, 10) : first;
  }
  return {first, last};
}

std::string report(std::uint64_t seed, const std::vector<std::string>& wrong) {
  auto text =
    fmt::format("seed {} is wrong; again, with a trace:\n"
                "  TROUPE_SEED={} TROUPE_TRACE=1 build/release/bin/troupe_cluster_simulation_tests \"[random]\"\n",
                seed, seed);
  for (const auto& line : wrong)
    text += "  " + line + '\n';
  return text;
}

} // namespace troupe::tests
