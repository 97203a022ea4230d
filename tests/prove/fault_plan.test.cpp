#include "apps/troupe/prove/fault_plan.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace troupe::prove;

SCENARIO("the seed alone decides which faults come") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    fault_plan one{seed, usual_faults(), 50};
    fault_plan other{seed, usual_faults(), 50};
    fault_plan another{seed + 1'000, usual_faults(), 50};
    bool differs = false;
    for (int i = 0; i < 50; ++i) {
      const auto a = one.next();
      const auto b = other.next();
      const auto c = another.next();
      CHECK((a.kind == b.kind && a.at_owner == b.at_owner && a.room == b.room && a.draw == b.draw));
      CHECK(a.pause_ms == b.pause_ms);
      CHECK(a.room < 50);
      CHECK((a.pause_ms >= 1'000 && a.pause_ms <= 4'000));
      differs = differs || a.kind != c.kind || a.room != c.room;
    }
    CHECK(differs);
  }
}

SCENARIO("every usual kind comes, and owners are hit often") {
  fault_plan plan{1, usual_faults(), 50};
  std::map<fault_kind, int> seen;
  int at_owner = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto fault = plan.next();
    ++seen[fault.kind];
    at_owner += fault.at_owner;
  }
  for (const auto kind : {fault_kind::kill, fault_kind::freeze3, fault_kind::freeze8, fault_kind::cut,
                          fault_kind::twice, fault_kind::drain})
    CHECK(seen[kind] > 20);
  CHECK(seen.size() == 6);
  CHECK(at_owner > 600);
}

SCENARIO("kinds have names") {
  for (const auto* word :
       {"kill", "freeze3", "freeze8", "freeze30", "cut", "twice", "drain", "roll", "flap", "kill2"}) {
    REQUIRE(fault_named(word));
    CHECK(word_of(*fault_named(word)) == word);
  }
  CHECK_FALSE(fault_named("earthquake"));
}

SCENARIO("one node is always left") {
  planned_fault fault;
  fault.at_owner = true;
  GIVEN("three nodes that serve, the room's owner is hit") {
    const std::vector<candidate> nodes = {{"a", true}, {"b", true}, {"c", true}};
    CHECK(victim_of(fault, nodes, "b") == 1u);
    AND_GIVEN("a room that nobody owns, any of them") {
      for (fault.draw = 0; fault.draw < 6; ++fault.draw)
        CHECK(victim_of(fault, nodes, "") == fault.draw % 3);
    }
  }
  GIVEN("two that are hit at one time, the third serves on") {
    const std::vector<candidate> nodes = {{"a", true}, {"b", true}, {"c", true}};
    for (fault.draw = 0; fault.draw < 6; ++fault.draw)
      CHECK(second_victim_of(fault, nodes, 1) == (fault.draw % 2 == 0 ? 0u : 2u));
    AND_GIVEN("a third that is spared") {
      const std::vector<candidate> spared = {{"a", true, true}, {"b", true}, {"c", true}};
      CHECK(second_victim_of(fault, spared, 1) == 2u);
    }
    AND_GIVEN("a third that does not serve, only one is hit") {
      const std::vector<candidate> stopped = {{"a", false}, {"b", true}, {"c", true}};
      CHECK_FALSE(second_victim_of(fault, stopped, 1));
    }
  }
  GIVEN("an owner that is stopped already, somebody else is hit") {
    const std::vector<candidate> nodes = {{"a", true}, {"b", false}, {"c", true}};
    for (fault.draw = 0; fault.draw < 6; ++fault.draw)
      CHECK(victim_of(fault, nodes, "b") != 1u);
  }
  GIVEN("one that is spared, the others are hit, even when it owns the room") {
    const std::vector<candidate> nodes = {{"a", true}, {"b", true, true}, {"c", true}};
    for (fault.draw = 0; fault.draw < 6; ++fault.draw)
      CHECK(victim_of(fault, nodes, "b") == (fault.draw % 2 == 0 ? 0u : 2u));
    AND_WHEN("it serves alone, or only spared ones serve, nobody is hit") {
      CHECK_FALSE(victim_of(fault, {{"a", false}, {"b", true, true}}, "b"));
      CHECK_FALSE(victim_of(fault, {{"a", true, true}, {"b", true, true}}, "b"));
    }
    AND_WHEN("it is one of two that serve, the other one is hit") {
      CHECK(victim_of(fault, {{"a", false}, {"b", true, true}, {"c", true}}, "b") == 2u);
    }
  }
  GIVEN("one that serves and two that do not, nobody is hit") {
    CHECK_FALSE(victim_of(fault, {{"a", true}, {"b", false}, {"c", false}}, "a"));
    CHECK_FALSE(victim_of(fault, {{"a", true}}, "a"));
    CHECK_FALSE(victim_of(fault, {}, ""));
  }
}
