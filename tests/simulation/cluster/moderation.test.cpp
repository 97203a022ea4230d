// What moderators decide reaches people on every node, and outlasts the owner of the room.
#include "tests/support/authority_table.hpp"
#include "tests/support/cluster_simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// People in a room, on any nodes: one owns it.
struct owned_room {
  explicit owned_room(std::uint64_t seed) : cluster(seed, {.people = 8, .rooms = 2, .owned = true}) {
    for (const auto& node : cluster.nodes())
      cluster.start(node);
    REQUIRE(cluster.comes_true([&] { return cluster.is_whole(); }, 20'000));
    for (const auto& person : cluster.people())
      person->starts();
    cluster.pass(6'000);
    for (const auto& name : cluster.rooms()) {
      here.clear();
      for (const auto& person : cluster.people())
        if (person->joined(name))
          here.push_back(person.get());
      const auto owns = [&](const auto* person) { return person->role_in(name) == "owner"; };
      const auto owner = std::find_if(here.begin(), here.end(), owns);
      const auto other_users = std::count_if(here.begin(), here.end(), [&](const auto* person) {
        return owner != here.end() && person->user() != (*owner)->user();
      });
      if (other_users < 2)
        continue;
      room = name;
      boss = *owner;
      return;
    }
  }

  /// Somebody else, none of `but`.
  simulated_person& another(const std::string& but = {}) const {
    return **std::find_if(here.begin(), here.end(),
                          [&](const auto* person) { return person->user() != boss->user() && person->user() != but; });
  }

  /// The owner says so until it is so: connections break and rooms move meanwhile.
  bool orders_until(const std::string& action, const std::string& user, const std::function<bool()>& so) {
    for (int i = 0; i < 20; ++i) {
      boss->moderates(order(room, action, user));
      if (cluster.comes_true(so, 1'000))
        return true;
    }
    return false;
  }

  cluster_simulation cluster;
  std::string room; ///< Empty: too few people are in any.
  std::vector<simulated_person*> here;
  simulated_person* boss = nullptr;
};

} // namespace

SCENARIO("who is banned on one node is out on all, and stays out when another node takes the room", "[moderation]") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  owned_room at{seed};
  if (at.room.empty())
    return;
  auto& bad = at.another();
  auto& loud = at.another(bad.user());
  const auto is_out = [&] {
    return std::none_of(at.here.begin(), at.here.end(),
                        [&](const auto* person) { return person->user() == bad.user() && person->joined(at.room); });
  };
  if (seed % 4 == 1) // The word of it may be lost on its way.
    at.cluster.break_link(at.cluster.nodes()[0], at.cluster.nodes()[1]);
  bad.take_refusals();
  REQUIRE(at.orders_until("ban", bad.user(), is_out));
  const auto told = bad.take_refusals();
  INFO(fmt::format("{}", fmt::join(told, "; ")));
  CHECK(!told.empty());
  const auto is_quiet = [&] {
    const auto refused = loud.take_refusals();
    if (std::any_of(refused.begin(), refused.end(), [](const auto& why) { return why.find("muted") != why.npos; }))
      return true;
    if (loud.unsent() == 0)
      loud.says(at.room);
    return false;
  };
  REQUIRE(at.orders_until("mute", loud.user(), is_quiet));

  if (seed % 2 == 0) {
    const auto owner = at.cluster.owner_of(at.room);
    at.cluster.kill(owner);
    CHECK(at.cluster.comes_true([&] { return at.cluster.owner_of(at.room) != owner; }, 10'000));
    at.cluster.heal();
    REQUIRE(at.cluster.comes_true([&] { return at.cluster.is_whole(); }, 20'000));
  }
  at.cluster.pass(8'000); // They try again and again.
  CHECK(is_out());
  CHECK(at.cluster.comes_true(is_quiet, 5'000));
  const auto present = at.boss->present_in(at.room);
  CHECK((!present || !present->contains(bad.user())));

  REQUIRE(at.orders_until("unban", bad.user(), [&] { return bad.joined(at.room); }));
  const auto wrong = at.cluster.judge();
  INFO(fmt::format("{}", fmt::join(wrong, "\n")));
  CHECK(wrong.empty());
}

SCENARIO("who is kicked comes back by a join only, wherever they are", "[moderation]") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  owned_room at{seed};
  if (at.room.empty())
    return;
  auto& bad = at.another();
  bad.take_refusals();
  if (seed % 2 == 0)
    at.cluster.break_link(at.cluster.nodes()[seed % 3], at.cluster.nodes()[(seed + 1) % 3]);
  const auto was_told = [&, told = false]() mutable {
    const auto why = bad.take_refusals();
    return told = told || std::find(why.begin(), why.end(), "kicked") != why.end();
  };
  CHECK(at.orders_until("kick", bad.user(), was_told));
  CHECK(at.cluster.comes_true([&] { return bad.joined(at.room); }, 10'000));
  const auto wrong = at.cluster.judge();
  INFO(fmt::format("{}", fmt::join(wrong, "\n")));
  CHECK(wrong.empty());
}
