#include "tests/actors/middleware/made_up_step.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;
using protocol::code;

namespace server = troupe::protocol::server;

SCENARIO("a route whose requests fail is left alone for a while, and other routes do not notice") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  bool storm = false;
  unsigned reached = 0;
  made_up store;
  store.admit = [&](actors::passage&) -> actors::verdict {
    ++reached;
    if (storm)
      return actors::refuse{
        {std::nullopt, code::store_unavailable, "the store is away", protocol::retry::same, {}, {}, {}}};
    return actors::pass{};
  };
  simulation::options how;
  how.io_threads = 1;
  how.node.middleware.steps = {"authenticate"};
  how.node.routes = {{"*", "*", "shaky/:room", {"circuit_breaker", "store"}}};
  how.node.circuit_breaker.window_ms = 60'000;
  how.prepare = [&](actors::services& around) { around.steps.add(kind_of("store", store, {actors::verb::send})); };
  simulation sim{seed, how};

  GIVEN("people who talk in a room on that route, and in another one") {
    std::vector<sim_client*> people{&sim.enters("ann"), &sim.enters("bob")};
    unsigned shaky = 0;
    unsigned sound = 0;
    const auto talk = [&](unsigned times) {
      for (unsigned i = 0; i < times; ++i) {
        people[sim.random()() % people.size()]->sends("shaky/one", "hello");
        ++shaky;
        if (sim.random()() % 4 == 0) {
          people[sim.random()() % people.size()]->sends("sound", "hello");
          ++sound;
        }
        sim.run_some(sim.random()() % 6);
      }
      sim.settle();
    };
    const auto acks = [&](const std::string& room) {
      std::size_t many = 0;
      for (const auto* who : people)
        for (const auto& ack : who->all<server::ack>())
          many += ack.room == room ? 1 : 0;
      return many;
    };
    const auto errors = [&](code what) {
      std::size_t many = 0;
      for (const auto* who : people)
        for (const auto& error : who->all<server::error>())
          many += error.code == what ? 1 : 0;
      return many;
    };
    const auto all_answered = [&] {
      return acks("shaky/one") + errors(code::store_unavailable) + errors(code::overloaded) == shaky &&
             acks("sound") == sound;
    };

    talk(10);
    CHECK(acks("shaky/one") == 10);
    storm = true;
    talk(60);
    THEN("it opens after the least number of failures, and is not tried any more") {
      CHECK(errors(code::store_unavailable) == 20);
      CHECK(errors(code::overloaded) == 40);
      CHECK(reached == 30);
      CHECK(sim.counters().breaker_opened == 1);
      CHECK(all_answered());
      for (const auto* who : people)
        for (const auto& error : who->all<server::error>())
          if (error.code == code::overloaded)
            CHECK((error.retry == protocol::retry::after && error.after_ms));
    }
    AND_WHEN("its time is over, but not the storm") {
      sim.pass(5'000);
      talk(10);
      THEN("one that tries opens it again") {
        CHECK(errors(code::store_unavailable) == 21);
        CHECK(sim.counters().breaker_opened == 2);
        CHECK(all_answered());
        AND_WHEN("the storm is over too") {
          storm = false;
          sim.pass(5'000);
          talk(3);
          THEN("three try, and it is closed") {
            CHECK(acks("shaky/one") == 13);
            talk(50);
            CHECK(acks("shaky/one") == 63);
            CHECK(sim.counters().breaker_opened == 2);
            CHECK(all_answered());
            CHECK(sim.complaints() == std::vector<std::string>{});
          }
        }
      }
    }
  }
}

SCENARIO("what callers do wrong opens no breaker") {
  simulation::options how;
  how.node.middleware.steps = {"authenticate", "circuit_breaker"};
  how.node.session.rooms_per_connection_max = 1;
  simulation sim{1, how};
  auto& ann = sim.enters("ann");
  for (int i = 0; i < 60; ++i) {
    ann.joins("room" + std::to_string(i)); // All but one are too many.
    ann.says(R"({"type":"send","id":77,"room":"room0","cid":")" + ann.new_cid() +
             R"(","kind":"delete","body":"","target":9})");
    sim.settle();
  }
  CHECK(ann.all<server::error>().size() == 119);
  CHECK(sim.counters().breaker_opened == 0);
}
