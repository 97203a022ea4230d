// An actor that throws, where the room and who talks in it are on different nodes.
#include "tests/support/cluster_simulation.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// Bugs stay planted for as long as it lives.
class planted_for_now {
public:
  explicit planted_for_now(storage::plant what) : what_{what} { plant_bug(what_, true); }
  ~planted_for_now() { plant_bug(what_, false); }

private:
  storage::plant what_;
};

/// One person on one node, and a room of theirs that another node owns.
struct far_room {
  explicit far_room(std::uint64_t seed) : cluster{seed, {.people = 1, .rooms = 12}} {
    for (const auto& node : cluster.nodes())
      cluster.start(node);
    REQUIRE(cluster.comes_true([&] { return cluster.is_whole(); }, 20'000));
    person().starts();
    cluster.pass(6'000);
    for (const auto& node : cluster.nodes())
      if (cluster.running(node)->connections() > 0)
        near = node;
    const auto& rooms = person().rooms();
    const auto far =
      std::find_if(rooms.begin(), rooms.end(), [&](const auto& one) { return cluster.owner_of(one) != near; });
    REQUIRE(far != rooms.end());
    room = *far;
  }

  simulated_person& person() { return *cluster.people().front(); }
  simulated_process& owner() { return *cluster.running(cluster.owner_of(room)); }
  bool acks(const std::string& text) {
    const auto before = person().acked();
    person().says(room, text);
    return cluster.comes_true([&] { return person().acked() > before; }, 5'000);
  }

  cluster_simulation cluster;
  std::string near; ///< The person's node.
  std::string room;
};

} // namespace

SCENARIO("a room that keeps throwing is closed, also when nobody is in it on its own node", "[crashes]") {
  const auto seed = GENERATE(range(1u, 31u));
  CAPTURE(seed);
  far_room at{seed};
  REQUIRE(at.acks("hello"));
  const planted_for_now bug{storage::plant::room_throws};
  at.person().says(at.room, "kaboom");
  CHECK(at.cluster.comes_true([&] { return at.owner().counters().quarantines == 1; }, 10'000));
  CHECK(at.owner().counters().crashes == 5);
}

SCENARIO("a room that threw once is forgotten when that does not count any more", "[crashes]") {
  const auto seed = GENERATE(range(1u, 31u));
  CAPTURE(seed);
  far_room at{seed};
  {
    const planted_for_now bug{storage::plant::room_throws};
    at.person().says(at.room, "kaboom");
    REQUIRE(at.cluster.comes_true([&] { return at.owner().counters().crashes > 0; }, 5'000));
  }
  CHECK(at.cluster.comes_true([&] { return at.person().acked() > 0; }, 5'000));
  CHECK(at.acks("hello"));
  const auto wrong = at.cluster.judge();
  CHECK(wrong == std::vector<std::string>{});
}

SCENARIO("when a relay throws, its people come back and the room of another node is there", "[crashes]") {
  const auto seed = GENERATE(range(1u, 31u));
  CAPTURE(seed);
  far_room at{seed};
  REQUIRE(at.acks("hello"));
  const auto crashed = [&] {
    return std::any_of(at.cluster.nodes().begin(), at.cluster.nodes().end(),
                       [&](const auto& node) { return at.cluster.running(node)->counters().crashes > 0; });
  };
  {
    const planted_for_now bug{storage::plant::relay_throws};
    at.person().says(at.room, "kaboom");
    while (!crashed())
      at.cluster.pass(1);
  }
  CHECK(at.cluster.comes_true([&] { return at.person().acked() > 1; }, 5'000));
  CHECK(at.acks("and on"));
  const auto wrong = at.cluster.judge();
  CHECK(wrong == std::vector<std::string>{});
}
