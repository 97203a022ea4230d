#include "actors/middleware/built_in.hpp"
#include "tests/actors/middleware/lone_caller.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace troupe;
using namespace troupe::tests;

namespace server = troupe::protocol::server;

namespace {

constexpr unsigned seeds = 100;

simulation::options cached() {
  simulation::options how;
  how.io_threads = 1;
  how.node.middleware.steps = {"authenticate", "authorize", "page_cache"};
  return how;
}

/// `many` messages in the lounge, by somebody who leaves again.
void fill(simulation& sim, unsigned many) {
  auto& founder = sim.enters("founder");
  for (unsigned i = 1; i <= many; ++i) {
    founder.sends("lounge", "message " + std::to_string(i));
    sim.run_some(2);
  }
  sim.settle();
  founder.hangs_up();
  sim.settle();
}

sim_client& member(simulation& sim, const std::string& name) {
  auto& who = sim.enters(name);
  who.joins("lounge");
  sim.settle();
  return who;
}

std::uint64_t hits(const simulation& sim) { return sim.counters().page_cache_hits; }

protocol::client::fetch page_after(protocol::seq_t after) {
  return {1, "lounge", after, std::nullopt, 10, std::nullopt};
}

} // namespace

SCENARIO("a page that somebody got a moment ago is given to others in the room") {
  auto how = cached();
  simulation sim{1, how};
  fill(sim, 40);
  auto& ann = member(sim, "ann");
  auto& bob = member(sim, "bob");
  ann.fetches("lounge", 5, 10);
  sim.settle();
  REQUIRE(ann.last<server::page>());
  REQUIRE(hits(sim) == 0);

  WHEN("another member asks for the same") {
    bob.fetches("lounge", 5, 10);
    THEN("it comes at once, is the same, and bears his number") {
      sim.settle();
      CHECK(hits(sim) == 1);
      REQUIRE(bob.last<server::page>());
      auto mine = *bob.last<server::page>();
      CHECK(mine.re == 3);
      CHECK(mine.messages == ann.last<server::page>()->messages);
      CHECK(mine.prev == ann.last<server::page>()->prev);
      CHECK(mine.more);
    }
  }
  WHEN("it is older than allowed") {
    sim.pass(1'000);
    bob.fetches("lounge", 5, 10);
    sim.settle();
    THEN("the room is asked") {
      CHECK(hits(sim) == 0);
      CHECK(bob.last<server::page>());
    }
  }
  WHEN("another page is asked for, or the raw one") {
    bob.fetches("lounge", 5, 11);
    bob.fetches("lounge", 6, 10);
    bob.says(R"({"type":"fetch","id":99,"room":"lounge","after":5,"limit":10,"raw":true})");
    sim.settle();
    THEN("the room is asked") {
      CHECK(hits(sim) == 0);
      CHECK(bob.all<server::page>().size() == 3);
    }
  }
  WHEN("somebody asks who has not joined the room, or has left it") {
    auto& cat = sim.enters("cat");
    cat.fetches("lounge", 5, 10);
    bob.leaves("lounge");
    bob.fetches("lounge", 5, 10);
    sim.settle();
    THEN("the room decides") {
      CHECK(hits(sim) == 0);
      CHECK(cat.last<server::page>());
      CHECK(bob.last<server::page>());
    }
  }
}

SCENARIO("a page at the live end is never kept") {
  simulation sim{1, cached()};
  fill(sim, 20);
  auto& ann = member(sim, "ann");
  const auto asks = [&](const std::string& which) {
    ann.says(R"({"type":"fetch","id":50,"room":"lounge","limit":10)" + which + "}");
    sim.settle();
  };
  for (const auto* which : {"", R"(,"after":15)", R"(,"after":20)", R"(,"before":1000)", R"(,"before":5)"}) {
    asks(which);
    asks(which);
  }
  CHECK(hits(sim) == 0);
  CHECK(ann.all<server::page>().size() == 10);
  asks(R"(,"before":21)");
  ann.sends("lounge", "one more");
  sim.settle();
  asks(R"(,"before":21)");
  CHECK(hits(sim) == 1);
  CHECK(ann.last<server::page>()->messages.back().seq == 20);
}

SCENARIO("rooms in memory are not cached") {
  auto how = cached();
  how.on_disk = false;
  simulation sim{1, how};
  fill(sim, 40);
  auto& ann = member(sim, "ann");
  ann.fetches("lounge", 5, 10);
  sim.settle();
  ann.fetches("lounge", 5, 10);
  sim.settle();
  CHECK(hits(sim) == 0);
  CHECK(ann.all<server::page>().size() == 2);
}

SCENARIO("fetches of one page at the same time are one read") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  simulation sim{seed, cached()};
  fill(sim, 40);
  std::vector<sim_client*> people;
  for (const auto* name : {"ann", "bob", "cat", "dan", "eve"})
    people.push_back(&member(sim, name));

  WHEN("five people ask, and the first one may be gone before the answer comes") {
    const bool leaves = sim.random()() % 2 == 0;
    for (auto* who : people)
      who->fetches("lounge", 5, 10);
    sim.run_some(sim.random()() % 4);
    if (leaves)
      people[0]->hangs_up();
    sim.settle();
    THEN("everybody else has the page") {
      for (auto* who : people)
        if (who != people[0] || !leaves) {
          REQUIRE(who->last<server::page>());
          CHECK(who->last<server::page>()->messages.size() == 10);
          CHECK(who->all<server::error>().empty());
        }
      if (!leaves)
        CHECK(hits(sim) == 4);
      CHECK(sim.complaints() == std::vector<std::string>{});
    }
  }
}

SCENARIO("what waits for a page that does not come asks the room itself") {
  simulation sim{1, cached()};
  lone_caller ann;
  lone_caller bob;
  const auto chain = sim.services().chains_of[0]->find(actors::endpoint::ws, actors::verb::fetch, "lounge");
  const auto first = ann.asks(page_after(5), chain);
  const auto second = bob.asks(page_after(5), chain);
  first->start();
  second->start();
  CHECK(ann.heard == std::vector<std::string>{"passed"});
  CHECK(bob.heard.empty());

  THEN("when the first is refused") {
    first->settle({actors::outcome::kind::refused, protocol::code::store_unavailable});
    sim.settle();
    CHECK(bob.heard == std::vector<std::string>{"passed"});
  }
  THEN("when its answer is not worth keeping") {
    server::page page;
    page.messages.resize(1);
    first->settle({actors::outcome::kind::ok, std::nullopt, 0, &page});
    sim.settle();
    CHECK(bob.heard == std::vector<std::string>{"passed"});
  }
  THEN("when it takes too long; and what comes then does not come twice") {
    sim.pass(1'900);
    CHECK(bob.heard.empty());
    sim.pass(100);
    CHECK(bob.heard == std::vector<std::string>{"passed"});
    first->settle({actors::outcome::kind::unknown, std::nullopt});
    sim.settle();
    CHECK(bob.heard == std::vector<std::string>{"passed"});
  }
  THEN("when a gap has opened meanwhile that only the room can close") {
    server::page page;
    page.more = true;
    page.messages.resize(1);
    page.messages[0].seq = 6;
    bob.takes_copies = false;
    first->settle({actors::outcome::kind::ok, std::nullopt, 0, &page});
    sim.settle();
    CHECK(bob.heard == std::vector<std::string>{"passed"});
    AND_THEN("somebody without one gets the page") {
      const auto third = ann.asks(page_after(5), chain);
      third->start();
      CHECK(ann.heard.back() == "answered");
      third->settle({actors::outcome::kind::ok, std::nullopt});
    }
    second->settle({actors::outcome::kind::ok, std::nullopt});
  }
  first->abandon({actors::outcome::kind::gone, std::nullopt});
  second->abandon({actors::outcome::kind::gone, std::nullopt});
  sim.settle();
}

SCENARIO("streams have no hole and no doubles although pages are cached") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  auto how = cached();
  how.node.outbound.gap_bytes = 4'000;
  how.node.page_cache.ttl_ms = 60'000;
  simulation sim{seed, how};

  GIVEN("people who read slowly, fall behind and catch up in pages, while others look at old ones") {
    auto& ann = member(sim, "ann");
    std::vector<sim_client*> slow{&member(sim, "bob"), &member(sim, "cat")};
    for (unsigned i = 0; i < 80; ++i) {
      ann.sends("lounge", "ann " + std::to_string(i));
      for (auto* who : slow) {
        if (sim.random()() % 8 == 0)
          who->stops_reading(sim.random()() % 2 == 0);
        who->catches_up("lounge", 7);
      }
      if (sim.random()() % 4 == 0)
        ann.fetches("lounge", 7 * (sim.random()() % 5), 7);
      sim.run_some(sim.random()() % 12);
    }
    for (auto* who : slow)
      who->stops_reading(false);
    for (sim.settle(); slow[0]->paused("lounge") || slow[1]->paused("lounge"); sim.settle())
      for (auto* who : slow)
        who->catches_up("lounge", 7);

    THEN("all have the same stream, and nothing was heard that the protocol forbids") {
      CHECK(ann.stream("lounge").size() == 80);
      for (auto* who : slow)
        CHECK(who->stream("lounge") == ann.stream("lounge"));
      CHECK(sim.complaints() == std::vector<std::string>{});
    }
  }
}
