#include "actors/middleware/built_in.hpp"
#include "tests/actors/middleware/made_up_step.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>

using namespace troupe;
using namespace troupe::tests;
using actors::verb;
using protocol::code;
using protocol::retry;

namespace server = troupe::protocol::server;

namespace {

/// Throws when a message begins with "fail", waits for ever for "wait", throws afterwards for "late".
actors::step_kind fragile() {
  made_up breaks;
  breaks.admit = [](actors::passage& what) -> actors::verdict {
    if (what.body().starts_with("fail"))
      throw std::runtime_error("broken");
    if (what.body() == "wait")
      return actors::wait{what.began + 100};
    return actors::pass{};
  };
  breaks.settle = [](const actors::passage& what, const actors::outcome&) {
    if (what.body_bytes == 4)
      throw std::runtime_error("broken late");
  };
  return kind_of("fragile", breaks, {verb::send});
}

struct fragile_node {
  simulation::options how;
  explicit fragile_node(std::vector<std::string> steps) {
    how.node.middleware.steps = std::move(steps);
    how.prepare = [](actors::services& around) { around.steps.add(fragile()); };
  }
};

server::error error_after(simulation& sim, sim_client& who, const std::string& body) {
  who.sends("lounge", body);
  sim.pass(200);
  REQUIRE(who.last<server::error>());
  return *who.last<server::error>();
}

} // namespace

SCENARIO("without recover callers hear which step failed") {
  simulation sim{1, fragile_node{{"authenticate", "fragile"}}.how};
  const auto error = error_after(sim, sim.enters("ann"), "fail");
  CHECK(error.code == code::internal);
  CHECK(error.message == "step fragile failed: try again");
  CHECK(error.retry == retry::same);
  CHECK_FALSE(error.after_ms);
  CHECK(sim.services().failures.get().empty());
}

SCENARIO("recover outside a step calms what callers hear when that fails, and keeps it for reports") {
  fragile_node with{{"authenticate", "recover", "fragile"}};
  with.how.node.recover.failures_max = 2;
  with.how.node.middleware.crashes_max = 3;
  simulation sim{1, with.how};
  auto& ann = sim.enters("ann");

  GIVEN("a message that it fails at") {
    const auto error = error_after(sim, ann, "fail 1");
    THEN("the caller is told to try the same again, at a time of its own, and nothing about steps") {
      CHECK(error.code == code::internal);
      CHECK(error.retry == retry::same);
      CHECK(error.message.find("fragile") == std::string::npos);
      REQUIRE(error.after_ms);
      CHECK(*error.after_ms >= 500);
      CHECK(*error.after_ms <= 1'000);
      CHECK(error.cid);
      const auto failures = sim.services().failures.get();
      REQUIRE(failures.size() == 1);
      CHECK(failures[0].step == "fragile");
      CHECK(failures[0].verb == "send");
      CHECK(failures[0].room == "lounge");
      CHECK(failures[0].user == "ann");
      CHECK(sim.counters().step_recoveries == 1);
    }
    THEN("it is kept until newer ones take its place") {
      error_after(sim, ann, "fail 2");
      auto& bob = sim.enters("bob");
      bob.sends("other", "fail 3");
      sim.settle();
      const auto failures = sim.services().failures.get();
      REQUIRE(failures.size() == 2);
      CHECK(failures[0].room == "lounge");
      CHECK(failures[1].room == "other");
    }
    THEN("one that is out of order is calmed too, and its time is not shortened") {
      for (const auto* body : {"fail 2", "fail 3", "fail 4"})
        error_after(sim, ann, body);
      const auto out = error_after(sim, ann, "hello");
      CHECK(out.code == code::overloaded);
      CHECK(out.retry == retry::after);
      CHECK(out.message.find("fragile") == std::string::npos);
      CHECK(out.after_ms >= 5'000u - 200u);
    }
  }
  GIVEN("a message it does not decide about in time") {
    const auto error = error_after(sim, ann, "wait");
    CHECK(error.code == code::timeout);
    CHECK(error.retry == retry::same);
    CHECK(error.message.find("fragile") == std::string::npos);
  }
  GIVEN("a message it fails at when that has ended") {
    ann.sends("lounge", "late");
    sim.settle();
    THEN("the caller has its ack, and the failure is kept") {
      CHECK(ann.all<server::ack>().size() == 1);
      CHECK(ann.all<server::error>().empty());
      CHECK(sim.services().failures.get().size() == 1);
    }
  }
  GIVEN("a message that passes") {
    ann.sends("lounge", "hello");
    sim.settle();
    CHECK(ann.all<server::ack>().size() == 1);
    CHECK(sim.services().failures.get().empty());
  }
}

SCENARIO("recover inside a step does nothing for it") {
  simulation sim{1, fragile_node{{"authenticate", "fragile", "recover"}}.how};
  CHECK(error_after(sim, sim.enters("ann"), "fail").message == "step fragile failed: try again");
}

SCENARIO("of two around a step the inner one words the error and keeps the failure") {
  auto with = fragile_node{{"authenticate", "recover", "fragile"}};
  with.how.node.routes = {{"*", "*", "*room", {"recover", "fragile"}}};
  with.how.node.middleware.steps = {"authenticate", "recover"};
  simulation sim{1, with.how};
  auto& ann = sim.enters("ann");
  error_after(sim, ann, "fail");
  CHECK(sim.services().failures.get().size() == 1);
  CHECK(sim.counters().step_recoveries == 1);
  ann.sends("lounge", "late");
  sim.settle();
  CHECK(sim.services().failures.get().size() == 2);
}

SCENARIO("times to come back differ") {
  simulation sim{7, fragile_node{{"authenticate", "recover", "fragile"}}.how};
  auto& ann = sim.enters("ann");
  std::set<std::uint32_t> times;
  for (int i = 0; i < 5; ++i)
    times.insert(*error_after(sim, ann, "fail").after_ms);
  CHECK(times.size() > 1);
}
