#include "tests/model/explorer.hpp"

#include <catch2/catch.hpp>

#include <iostream>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// The product's times, in steps of a second and as short as they can be without losing their order.
actors::ownership_options short_times() { return {.ttl_ms = 3'000, .look_gap_ms = 0, .stable_ms = 1'000}; }

world_rules rules(expired_are promise) { return {.promise = promise, .options = short_times()}; }

/// Both nodes enter an empty cluster; each is wanted for one of the two shards.
ownership_world beginning(world_rules with) {
  ownership_world world(2, with);
  world.start("a");
  world.start("k");
  return world;
}

/// Each node serves one shard.
ownership_world at_work(world_rules with) {
  auto world = beginning(with);
  world.run_for(5'000);
  REQUIRE(world.served(0) == 1);
  REQUIRE(world.served(1) == 1);
  return world;
}

/// One node has it all, and another has just entered.
ownership_world joining(world_rules with) {
  ownership_world world(2, with);
  world.start("a");
  world.run_for(1'000);
  world.start("k");
  return world;
}

bounds within(time_ms span_ms, unsigned faults) {
  return {.span_ms = span_ms, .faults_max = faults, .recovery_ms_max = 10'000, .states_max = 2'000'000};
}

void expect_sound(const std::string& what, const exploration& found) {
  std::cout << what << ": " << found.states << " states, " << found.steps << " steps, " << found.recoveries
            << " recoveries\n";
  std::string story;
  for (const auto& line : found.story)
    story += line + '\n';
  INFO(story);
  CHECK(found.broken == "");
}

void expect_found(const std::string& what, const exploration& found) {
  std::cout << what << ": found after " << found.states << " states, in " << found.story.size()
            << " steps: " << found.broken << '\n';
  CHECK(found.broken != "");
}

} // namespace

SCENARIO("no order of events and no two faults break the promises of ownership") {
  for (const auto promise : {expired_are::killed, expired_are::fenced}) {
    const std::string text =
      promise == expired_are::killed ? ", expired nodes are killed" : ", the store's fence is enough";
    expect_sound("two nodes at work" + text, explore(at_work(rules(promise)), within(5'000, 2)));
    expect_sound("a node joins" + text, explore(joining(rules(promise)), within(3'000, 2)));
    expect_sound("a node joins, for longer" + text, explore(joining(rules(promise)), within(8'000, 1)));
    expect_sound("both begin" + text, explore(beginning(rules(promise)), within(8'000, 1)));
  }
}

SCENARIO("the explorer finds a kill that was none") {
  auto wrong = rules(expired_are::killed);
  wrong.claims_kills = true;
  expect_found("no kill", explore(at_work(wrong), within(6'000, 1)));
}

SCENARIO("the explorer finds an own deadline that is too late") {
  auto wrong = rules(expired_are::fenced);
  wrong.options.margin_ms = -1'000;
  expect_found("deadline at ttl + 1 s", explore(at_work(wrong), within(6'000, 2)));
}

SCENARIO("the explorer finds rooms that go on while their shard is given away") {
  auto wrong = rules(expired_are::fenced);
  wrong.serves_while_settling = true;
  expect_found("served while settling", explore(joining(wrong), within(5'000, 0)));
}

SCENARIO("the explorer finds rooms that go by an old view after a freeze") {
  auto wrong = rules(expired_are::fenced);
  wrong.ignores_deadline = true;
  expect_found("view without deadline", explore(at_work(wrong), within(6'000, 1)));
}

SCENARIO("the explorer finds a store that changes owners whatever the term is") {
  auto wrong = rules(expired_are::fenced);
  wrong.ignores_terms = true;
  expect_found("no terms", explore(at_work(wrong), within(6'000, 2)));
}
