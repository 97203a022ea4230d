// What a cluster does about one thing that goes wrong, under a hundred schedules each.
#include "tests/support/cluster_simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr unsigned seeds = 100;

/// A cluster at peace: everything is owned and everybody is there.
struct peaceful {
  explicit peaceful(std::uint64_t seed, cluster_simulation::options how = {}) : cluster(seed, how) {
    for (const auto& node : cluster.nodes())
      cluster.start(node);
    REQUIRE(cluster.comes_true([&] { return cluster.is_whole(); }, 20'000));
    for (const auto& person : cluster.people())
      person->starts();
    cluster.pass(6'000); // Shards have found their places.
  }

  const std::string& room() const { return cluster.rooms().front(); }

  /// How long until a message that is sent now has its ack; nothing when it takes too long.
  std::optional<std::int64_t> time_to_ack(simulated_person& who, std::int64_t within_ms) {
    const auto began = cluster.world().when.now();
    const auto before = who.acked();
    who.says(who.rooms().front());
    if (!cluster.comes_true([&] { return who.acked() > before; }, within_ms))
      return std::nullopt;
    return cluster.world().when.now() - began;
  }

  cluster_simulation cluster;
};

std::string text_of(const std::vector<std::string>& wrong) {
  std::string text;
  for (const auto& line : wrong)
    text += line + '\n';
  return text;
}

} // namespace

SCENARIO("a killed owner's rooms go on elsewhere, with everything that was acked", "[fail over]") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  peaceful at{seed};
  auto& who = *at.cluster.people().front();
  REQUIRE(at.time_to_ack(who, 5'000));
  const auto owner = at.cluster.owner_of(who.rooms().front());
  at.cluster.kill(owner);
  const auto pause = at.time_to_ack(who, 3'000);
  CHECK(pause);
  CHECK(at.cluster.owner_of(who.rooms().front()) != owner);
  at.cluster.heal();
  const auto wrong = at.cluster.judge();
  INFO(text_of(wrong));
  CHECK(wrong.empty());
}

SCENARIO("a frozen owner is taken over after its time to live, and not before", "[fail over]") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  cluster_simulation::options how;
  how.store = seed % 2 == 0 ? simulated_store::kind::shared : simulated_store::kind::embedded;
  peaceful at{seed, how};
  auto& who = *at.cluster.people().front();
  const auto owner = at.cluster.owner_of(who.rooms().front());
  GIVEN("a freeze of three seconds") {
    at.cluster.freeze(owner, 3'000);
    at.cluster.pass(4'000);
    THEN("nobody takes anything") { CHECK(at.cluster.owner_of(who.rooms().front()) == owner); }
  }
  GIVEN("a freeze of twelve seconds") {
    at.cluster.freeze(owner, 12'000);
    at.cluster.pass(8'000);
    THEN("somebody else owns its rooms") { CHECK(at.cluster.owner_of(who.rooms().front()) != owner); }
    at.cluster.pass(6'000);
  }
  at.cluster.heal();
  const auto wrong = at.cluster.judge();
  INFO(text_of(wrong));
  CHECK(wrong.empty());
}

SCENARIO("a node that drains gives its rooms away before it ends", "[fail over]") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  peaceful at{seed};
  auto& who = *at.cluster.people().front();
  for (const auto& person : at.cluster.people())
    person->lives();
  const auto owner = at.cluster.owner_of(who.rooms().front());
  at.cluster.drain(owner);
  CHECK(at.cluster.comes_true([&] { return at.cluster.running(owner) == nullptr; }, 25'000));
  CHECK(at.cluster.owner_of(who.rooms().front()) != owner);
  at.cluster.heal();
  const auto wrong = at.cluster.judge();
  INFO(text_of(wrong));
  CHECK(wrong.empty());
}
