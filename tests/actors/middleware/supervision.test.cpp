// What a step may do to the requests of others: refuse the one it failed at, and nothing else.
#include "tests/actors/middleware/lone_caller.hpp"
#include "tests/actors/middleware/made_up_step.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace troupe;
using namespace troupe::tests;
using actors::verb;
using protocol::code;

namespace server = troupe::protocol::server;

namespace {

constexpr unsigned seeds = 100;

/// Errors that name a send.
std::vector<server::error> refusals(const sim_client& who) {
  auto all = who.all<server::error>();
  std::erase_if(all, [](const auto& e) { return !e.cid; });
  return all;
}

} // namespace

SCENARIO("a step that throws at every 100th message loses none of the others") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  unsigned times_made = 0;
  std::shared_ptr<unsigned> counted;
  made_up stumbles;
  stumbles.made = [&](const actors::step_surroundings& here) {
    ++times_made;
    counted = here.remember<unsigned>(0U);
  };
  stumbles.admit = [&](actors::passage&) -> actors::verdict {
    if (++*counted % 100 == 0)
      throw std::runtime_error("stumbled");
    return actors::pass{};
  };
  auto how = with_steps({}, {kind_of("stumbles", stumbles, {verb::send})});
  how.io_threads = 1;
  how.node.middleware.crashes_max = 2;
  how.node.routes = {{"*", "*", "loud/:room", {"stumbles"}}};
  simulation sim{seed, how};

  GIVEN("people who talk in a room behind that step, and in one that is not") {
    std::vector<sim_client*> people{&sim.enters("ann"), &sim.enters("bob"), &sim.enters("cat")};
    unsigned loud = 0;
    unsigned quiet = 0;
    const auto talk = [&](unsigned times) {
      for (unsigned i = 0; i < times; ++i) {
        people[sim.random()() % people.size()]->sends("loud/one", "hello");
        ++loud;
        if (sim.random()() % 8 == 0) {
          people[sim.random()() % people.size()]->sends("quiet", "hello");
          ++quiet;
        }
        sim.run_some(sim.random()() % 6);
      }
      sim.settle();
    };
    const auto answers = [&](const std::string& room) {
      std::size_t acks = 0;
      for (const auto* who : people)
        for (const auto& ack : who->all<server::ack>())
          acks += ack.room == room ? 1 : 0;
      return acks;
    };
    const auto errors = [&](code what) {
      std::size_t many = 0;
      for (const auto* who : people)
        for (const auto& error : refusals(*who))
          many += error.code == what ? 1 : 0;
      return many;
    };

    WHEN("it fails twice, which is within its budget") {
      talk(250);
      THEN("two sends are refused and may be repeated; all others are acked") {
        CHECK(errors(code::internal) == 2);
        CHECK(answers("loud/one") == loud - 2);
        CHECK(answers("quiet") == quiet);
      }
      AND_WHEN("it fails once more") {
        talk(100);
        const auto refused = errors(code::overloaded);
        THEN(
          "it is out of order for a while, the other room is not, and then it works again with what it had counted") {
          CHECK(errors(code::internal) == 3);
          CHECK(refused == loud - 300);
          CHECK(answers("loud/one") + errors(code::internal) + refused == loud);
          CHECK(answers("quiet") == quiet);
          CHECK(*counted == 300);
          for (const auto* who : people)
            for (const auto& error : refusals(*who)) {
              CHECK(error.retry == (error.code == code::internal ? protocol::retry::same : protocol::retry::after));
              CHECK(error.after_ms.has_value() == (error.code == code::overloaded));
            }
          sim.pass(how.node.middleware.open_ms);
          talk(99);
          CHECK(answers("loud/one") == loud - 3 - refused);
          CHECK(*counted == 399);
          CHECK(times_made == 4);
          AND_THEN("the next failure finds it on probation no more, and within its budget") {
            sim.pass(how.node.middleware.crash_window_s * 1'000LL);
            talk(1);
            CHECK(errors(code::internal) == 4);
            talk(1);
            CHECK(answers("loud/one") == loud - 4 - refused);
            CHECK(sim.complaints() == std::vector<std::string>{});
          }
        }
      }
    }
  }
}

SCENARIO("a step that fails on its first request after the pause is out of order again at once") {
  bool fails = true;
  made_up breaks;
  breaks.admit = [&](actors::passage&) -> actors::verdict {
    if (fails)
      throw std::runtime_error("broken");
    return actors::pass{};
  };
  auto how = with_steps({"breaks"}, {kind_of("breaks", breaks, {verb::send})});
  how.node.middleware.crashes_max = 1;
  simulation sim{1, how};
  auto& ann = sim.enters("ann");
  const auto last_after_sending = [&] {
    ann.sends("lounge", "hello");
    sim.settle();
    return ann.last<server::error>()->code;
  };
  CHECK(last_after_sending() == code::internal);
  CHECK(last_after_sending() == code::internal);
  CHECK(last_after_sending() == code::overloaded);
  sim.pass(how.node.middleware.open_ms);
  CHECK(last_after_sending() == code::internal);
  CHECK(last_after_sending() == code::overloaded);
  sim.pass(how.node.middleware.open_ms);
  fails = false;
  ann.sends("lounge", "hello");
  sim.settle();
  CHECK(ann.all<server::ack>().size() == 1);
}

SCENARIO("new chains keep connections, what is under way, and what steps remember") {
  std::vector<actors::later> waiting;
  std::shared_ptr<unsigned> counted;
  unsigned times_made = 0;
  made_up counts;
  counts.made = [&](const actors::step_surroundings& here) {
    ++times_made;
    counted = here.remember<unsigned>(0U);
  };
  counts.admit = [&](actors::passage& what) -> actors::verdict {
    ++*counted;
    if (what.body() != "wait")
      return actors::pass{};
    waiting.push_back(what.resume_later());
    return actors::wait{what.began + 60'000};
  };
  made_up forbids;
  forbids.admit = [](actors::passage&) -> actors::verdict {
    return actors::refuse{{std::nullopt, code::forbidden, "no", protocol::retry::never, {}, {}, {}}};
  };
  auto how =
    with_steps({"counts"}, {kind_of("counts", counts, {verb::send}), kind_of("forbids", forbids, {verb::send})});
  how.io_threads = 1;
  simulation sim{1, how};
  auto& ann = sim.enters("ann");
  ann.sends("lounge", "hello");
  sim.settle();
  ann.sends("other", "wait");
  sim.settle();
  REQUIRE(*counted == 2);

  WHEN("a step is added behind it") {
    auto changed = how.node;
    changed.middleware.steps.push_back("forbids");
    sim.reload(changed);
    ann.sends("lounge", "forbidden now");
    sim.settle();
    CHECK(ann.all<server::error>().size() == 1);
    THEN("it is made anew and counts on, and what waited goes on in the chain it came into") {
      CHECK(*counted == 3);
      CHECK(times_made == 2);
      waiting.at(0)(let_pass);
      sim.settle();
      CHECK(ann.all<server::ack>().size() == 2);
      CHECK_FALSE(ann.closed());
    }
  }
  WHEN("it is taken out") {
    auto changed = how.node;
    changed.middleware.steps.pop_back();
    sim.reload(changed);
    sim.settle();
    ann.sends("lounge", "uncounted");
    sim.settle();
    THEN("new requests do not meet it, and what waits in it still goes on") {
      CHECK(*counted == 2);
      waiting.at(0)(let_pass);
      sim.settle();
      CHECK(ann.all<server::ack>().size() == 3);
      AND_THEN("put back it begins anew") {
        sim.reload(how.node);
        ann.sends("lounge", "hello");
        sim.settle();
        CHECK(*counted == 1);
      }
    }
  }
}

SCENARIO("what throws beyond a step ends its caller, not the step") {
  made_up harmless;
  simulation sim{1, with_steps({"harmless"}, {kind_of("harmless", harmless, {verb::send})})};
  struct : actors::passage_end {
    unsigned broken = 0;
    void passed(actors::passage&) override { throw std::runtime_error("a bug behind the chain"); }
    void refused(actors::passage&, server::error) override {}
    void answered(actors::passage&, actors::to_connection::news) override {}
    void broke(actors::passage&) override { ++broken; }
  } end;
  actors::requester by{1, 0, {"ann", nullptr}, {0, 1, 0}, {0, 1, 0}};
  const auto& chain = sim.services().chains_of[0]->find(actors::endpoint::ws, verb::send, "lounge");
  for (unsigned i = 1; i <= 3; ++i) {
    const actors::passage_ptr request{new actors::passage{
      actors::endpoint::ws, protocol::client::send{1, "lounge", "cid", "hello", {}, {}, {}}, by, end, chain, 0}};
    request->start();
    CHECK(end.broken == i);
  }
  CHECK(sim.counters().step_crashes == 0);
  lone_caller ann;
  const auto request = ann.asks(protocol::client::send{1, "lounge", "cid", "hello", {}, {}, {}}, chain);
  request->start();
  CHECK(ann.heard == std::vector<std::string>{"passed"});
}

SCENARIO("a step that fails at the end of one request while it looks at another is made anew when it is done") {
  std::vector<actors::passage*> open;
  unsigned alive = 0;
  unsigned times_made = 0;
  struct life {
    unsigned& count;
    explicit life(unsigned& c) : count(c) { ++count; }
    life(const life& other) : count(other.count) { ++count; }
    ~life() { --count; }
  };
  made_up entangled;
  entangled.made = [&](const actors::step_surroundings&) { ++times_made; };
  entangled.admit = [&](actors::passage& what) -> actors::verdict {
    if (open.size() == 1) // The end of the first one comes while the second is looked at.
      open.front()->settle({actors::outcome::kind::gone, std::nullopt});
    open.push_back(&what);
    return actors::pass{};
  };
  entangled.settle = [&](const actors::passage&, const actors::outcome&) { throw std::runtime_error("late"); };

  /// Knows whether it is still there when its `admit` comes back.
  class watched final : public actors::step {
  public:
    watched(const made_up& how, unsigned& alive) : how_(how), life_(alive), alive_(alive) {}
    actors::verdict admit(actors::passage& what) override {
      auto& alive_there = alive_;
      auto said = how_.admit(what);
      CHECK(alive_there == 1);
      return said;
    }
    void settle(const actors::passage& what, const actors::outcome& ended) override { how_.settle(what, ended); }

  private:
    const made_up& how_;
    life life_;
    unsigned& alive_;
  };
  auto kind = kind_of("entangled", entangled, {verb::send});
  kind.make = [&](const actors::step_surroundings& here) {
    entangled.made(here);
    return std::make_unique<watched>(entangled, alive);
  };
  simulation sim{1, with_steps({"entangled"}, {kind})};
  auto& ann = sim.enters("ann");
  ann.sends("lounge", "one");
  ann.sends("lounge", "two");
  sim.settle();
  CHECK(ann.all<server::ack>().size() == 2);
  CHECK(times_made >= 2);
}
