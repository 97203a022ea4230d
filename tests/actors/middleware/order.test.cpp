// What waits keeps its place, and each step hears how a request has ended.
#include "actors/middleware/gate.hpp"
#include "tests/actors/middleware/lone_caller.hpp"
#include "tests/actors/middleware/made_up_step.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;
using actors::outcome;
using actors::verb;
using protocol::code;

namespace server = troupe::protocol::server;

namespace {

constexpr unsigned seeds = 100;

} // namespace

SCENARIO("what waits in a step keeps its place among the requests about its room") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  std::vector<actors::later> waiting;
  made_up dawdles;
  simulation* world = nullptr;
  dawdles.admit = [&](actors::passage& what) -> actors::verdict {
    if (world->random()() % 4 == 0)
      return actors::pass{};
    waiting.push_back(what.resume_later());
    return actors::wait{what.began + 60'000};
  };
  simulation sim{seed, with_steps({"dawdles"}, {kind_of("dawdles", dawdles, {verb::send})})};
  world = &sim;
  const auto decide_one = [&] {
    if (waiting.empty())
      return;
    const auto which = waiting.begin() + static_cast<std::ptrdiff_t>(sim.random()() % waiting.size());
    const auto decide = std::move(*which);
    waiting.erase(which);
    decide(let_pass);
  };

  GIVEN("people who talk in several rooms through a step that takes its time") {
    std::vector<sim_client*> people{&sim.enters("ann"), &sim.enters("bob")};
    const std::vector<std::string> rooms{"one", "two", "three"};
    unsigned sent = 0;
    for (unsigned i = 0; i < 40; ++i) {
      auto* who = people[sim.random()() % people.size()];
      who->sends(rooms[sim.random()() % rooms.size()], who->user() + ' ' + std::to_string(1'000 + sent++));
      sim.run_some(sim.random()() % 6);
      if (sim.random()() % 3 == 0)
        decide_one();
    }
    for (sim.settle(); !waiting.empty(); sim.settle())
      decide_one();

    THEN("each message is acked, and those of one person in a room stand in the order in which they were sent") {
      std::size_t acked = 0;
      for (auto* who : people)
        for (const auto& room : rooms) {
          std::string last;
          for (const auto& [seq, body] : who->stream(room)) {
            CHECK(last < body);
            last = body;
            ++acked;
          }
        }
      CHECK(acked == sent);
      CHECK(people[0]->all<server::error>().empty());
      CHECK(people[1]->all<server::error>().empty());
    }
  }
}

SCENARIO("a request that comes while its step is being run waits for its turn, and what comes after it as well") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  sim_client* bob = nullptr;
  std::vector<std::string> seen;
  made_up busy;
  busy.admit = [&](actors::passage& what) -> actors::verdict {
    const auto body = what.body();
    if (body == "begin")
      bob->sends("lounge", "bob 1");
    seen.push_back(body);
    return actors::pass{};
  };
  auto how = with_steps({"busy"}, {kind_of("busy", busy, {verb::send})});
  how.io_threads = 1;
  simulation sim{seed, how};
  auto& ann = sim.enters("ann");
  bob = &sim.enters("bob");
  ann.sends("lounge", "begin");
  bob->sends("lounge", "bob 2");
  sim.run_some(sim.random()() % 6);
  bob->sends("lounge", "bob 3");
  ann.sends("lounge", "end");
  sim.settle();
  CHECK(seen.front() == "begin");
  std::erase_if(seen, [](const auto& body) { return !body.starts_with("bob"); });
  CHECK(seen == std::vector<std::string>{"bob 1", "bob 2", "bob 3"});
  std::vector<std::string> stored;
  for (const auto& [seq, body] : bob->stream("lounge"))
    stored.push_back(body);
  CHECK(stored == seen);
}

SCENARIO("each step hears once how a request has ended, the innermost first") {
  std::vector<std::string> heard;
  const auto listener = [&](const std::string& name) {
    made_up listens;
    listens.settle = [&heard, name](const actors::passage&, const outcome& how) {
      heard.push_back(name + ' ' + boost::describe::enum_to_string(how.how, ""));
    };
    return kind_of(name, listens, {verb::send, verb::typing});
  };
  made_up strict;
  strict.admit = [](actors::passage& what) -> actors::verdict {
    if (what.body() == "refuse me")
      return actors::refuse{{std::nullopt, code::forbidden, "no", protocol::retry::never, {}, {}, {}}};
    if (what.body() == "keep me")
      return actors::wait{what.began + 1'000'000};
    return actors::pass{};
  };
  auto how = with_steps({"a", "b", "strict", "c"},
                        {listener("a"), listener("b"), listener("c"), kind_of("strict", strict, {verb::send})});
  simulation sim{1, how};
  const auto all = [](const std::string& kind) {
    return std::vector<std::string>{"c " + kind, "b " + kind, "a " + kind};
  };

  GIVEN("a connection") {
    auto& ann = sim.enters("ann");
    ann.joins("lounge");
    sim.settle();

    THEN("an answer is ok") {
      ann.sends("lounge", "hello");
      sim.settle();
      CHECK(heard == all("ok"));
      sim.pass(20'000);
      CHECK(heard == all("ok"));
    }
    THEN("what is never answered is ok as soon as it has passed") {
      ann.says(R"({"type":"typing","room":"lounge"})");
      CHECK(heard == all("ok"));
    }
    THEN("a refusal of the room is one") {
      ann.says(R"({"type":"send","id":77,"room":"lounge","cid":")" + ann.new_cid() +
               R"(","kind":"delete","body":"","target":9})");
      sim.settle();
      REQUIRE(ann.last<server::error>());
      CHECK(heard == all("refused"));
    }
    THEN("a refusal of a step is one for those outside it only") {
      ann.sends("lounge", "refuse me");
      sim.settle();
      CHECK(heard == std::vector<std::string>{"b refused", "a refused"});
    }
    THEN("a connection that ends leaves its requests behind, answered or waiting") {
      ann.sends("lounge", "hello");
      ann.hangs_up();
      sim.settle();
      CHECK(heard == all("gone"));
      heard.clear();
      auto& bob = sim.enters("bob");
      bob.sends("lounge", "keep me");
      bob.sends("lounge", "and me behind it");
      sim.settle();
      CHECK(heard.empty());
      bob.hangs_up();
      sim.settle();
      CHECK(heard == std::vector<std::string>{"b gone", "a gone"});
    }
  }
  GIVEN("a request that nobody answers") {
    lone_caller nobody;
    actors::gate gate;
    const auto request = nobody.asks(protocol::client::send{1, "lounge", "cid", "hello", {}, {}, {}},
                                     sim.services().chains_of[0]->find(actors::endpoint::ws, verb::send, "lounge"));
    CHECK(gate.enter(request));
    REQUIRE(nobody.heard == std::vector<std::string>{"passed"});

    THEN("after its time nobody knows, and a late answer tells nothing") {
      gate.expire(0);
      CHECK(heard.empty());
      gate.expire(1);
      CHECK(heard == all("unknown"));
      gate.answered(1, {outcome::kind::ok, std::nullopt});
      gate.end();
      CHECK(heard == all("unknown"));
      CHECK(gate.empty());
    }
  }
}

SCENARIO("a step that does not decide in time decides nothing any more") {
  const bool passes = GENERATE(false, true);
  CAPTURE(passes);
  std::vector<actors::later> waiting;
  made_up sleeps;
  sleeps.admit = [&](actors::passage& what) -> actors::verdict {
    waiting.push_back(what.resume_later());
    return actors::wait{what.began + 500, passes};
  };
  simulation sim{1, with_steps({"sleeps"}, {kind_of("sleeps", sleeps, {verb::send})})};
  auto& ann = sim.enters("ann");
  ann.sends("lounge", "hello");
  sim.pass(400);
  CHECK(ann.all<server::ack>().empty());
  CHECK(ann.all<server::error>().empty());
  sim.pass(100);
  if (passes) {
    CHECK(ann.all<server::ack>().size() == 1);
  } else {
    REQUIRE(ann.last<server::error>());
    CHECK(ann.last<server::error>()->code == code::timeout);
    CHECK(ann.last<server::error>()->retry == protocol::retry::same);
  }
  waiting.at(0)(let_pass);
  waiting.at(0)(let_pass);
  sim.settle();
  CHECK(waiting.size() == 1);
  CHECK(ann.all<server::ack>().size() + ann.all<server::error>().size() == 1);
}
