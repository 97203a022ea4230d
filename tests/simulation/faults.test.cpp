// What a log that fails and a room that crashes do to people: nothing but a pause.
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace troupe;
using namespace troupe::tests;

namespace server = troupe::protocol::server;

namespace {

constexpr unsigned seeds = 100;

bool dense(const std::map<protocol::seq_t, std::string>& stream) {
  protocol::seq_t seq = 0;
  for (const auto& [at, body] : stream)
    if (at != ++seq)
      return false;
  return true;
}

std::multiset<std::string> bodies(const std::map<protocol::seq_t, std::string>& stream) {
  std::multiset<std::string> all;
  for (const auto& [seq, body] : stream)
    all.insert(body);
  return all;
}

} // namespace

SCENARIO("an answer of the log that was lost loses and doubles nothing") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  const auto fate = GENERATE(slow_log::mishap::lost_before, slow_log::mishap::lost_after);
  CAPTURE(seed, static_cast<int>(fate));
  simulation sim{seed};

  GIVEN("ann and bob in a room") {
    auto& ann = sim.enters("ann");
    auto& bob = sim.enters("bob");
    ann.joins("lounge");
    bob.joins("lounge");
    sim.settle();

    WHEN("both talk while an append has an unknown outcome") {
      std::multiset<std::string> said;
      for (int i = 0; i < 10; ++i) {
        if (i == 3)
          sim.log().next_append(fate);
        for (auto* who : {&ann, &bob}) {
          said.insert(who->user() + std::to_string(i));
          who->sends("lounge", who->user() + std::to_string(i));
          sim.run_some(sim.random()() % 8);
        }
      }
      sim.settle();

      THEN("every message is there once, acked once, for both in the same order") {
        CHECK(dense(ann.stream("lounge")));
        CHECK(bodies(ann.stream("lounge")) == said);
        CHECK(bob.stream("lounge") == ann.stream("lounge"));
        CHECK(ann.all<server::ack>().size() == 10);
        CHECK(bob.all<server::ack>().size() == 10);
        CHECK(sim.complaints() == std::vector<std::string>{});
      }
    }
  }
}

SCENARIO("a full log refuses, and takes messages again when it can") {
  simulation sim{1};
  auto& ann = sim.enters("ann");
  ann.joins("lounge");
  sim.settle();
  sim.log().next_append(slow_log::mishap::full);
  const auto cid = ann.sends("lounge", "too much");
  sim.settle();
  const auto refused = ann.last<server::error>();
  REQUIRE(refused);
  CHECK(refused->code == protocol::code::storage_full);
  CHECK(refused->cid == cid);
  CHECK(refused->retry == protocol::retry::after);
  ann.sends("lounge", "too much", cid);
  sim.settle();
  CHECK(ann.last<server::ack>()->seq == 1);
  CHECK_FALSE(ann.last<server::ack>()->dup);
}

SCENARIO("a retried message keeps its first number") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  simulation sim{seed};

  GIVEN("a message of ann's, and bob who listens") {
    auto& ann = sim.enters("ann");
    auto& bob = sim.enters("bob");
    ann.joins("lounge");
    bob.joins("lounge");
    sim.settle();
    const auto cid = ann.sends("lounge", "hello");
    sim.run_some(seed % 40);

    WHEN("she loses her connection and sends it again from another one, perhaps while it is on its way") {
      ann.hangs_up();
      auto& again = sim.enters("ann");
      again.sends("lounge", "hello", cid);
      sim.settle();

      THEN("she gets the first seq, and bob has it once") {
        REQUIRE(again.last<server::ack>());
        CHECK(again.last<server::ack>()->seq == 1);
        CHECK(bob.stream("lounge") == std::map<protocol::seq_t, std::string>{{1, "hello"}});
        CHECK(sim.complaints() == std::vector<std::string>{});
      }
      AND_WHEN("she uses its cid for something else") {
        again.sends("lounge", "goodbye", cid);
        sim.settle();
        THEN("she is refused with the seq of the first") {
          const auto refused = again.last<server::error>();
          REQUIRE(refused);
          CHECK(refused->code == protocol::code::conflict);
          CHECK(refused->seq == 1u);
          CHECK(refused->retry == protocol::retry::never);
        }
      }
    }
  }
}

SCENARIO("a room that crashes is rebuilt from its log, and its members notice a pause") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  plant_bug(storage::plant::room_throws, true);
  simulation sim{seed};

  GIVEN("ann and bob talking, in a room and in another one") {
    auto& ann = sim.enters("ann");
    auto& bob = sim.enters("bob");
    for (auto* who : {&ann, &bob}) {
      who->joins("lounge");
      who->joins("kitchen");
    }
    sim.settle();
    std::map<std::string, std::string> said;
    const auto talk = [&](int from, int to) {
      for (int i = from; i < to; ++i)
        for (auto* who : {&ann, &bob}) {
          const auto body = who->user() + std::to_string(i);
          said[who->sends("lounge", body)] = body;
          who->sends("kitchen", body);
          sim.run_some(sim.random()() % 8);
        }
    };
    talk(0, 4);

    WHEN("a message makes the room throw, and clients send again what was refused with `same`") {
      ann.sends("lounge", "kaboom");
      talk(4, 8);
      sim.settle();
      for (auto* who : {&ann, &bob})
        for (const auto& refused : who->all<server::error>())
          if (refused.cid && said.count(*refused.cid)) {
            CHECK(refused.retry == protocol::retry::same);
            who->sends("lounge", said[*refused.cid], *refused.cid);
          }
      sim.settle();

      THEN("everything is there once and in the same order for both, and the other room never stopped") {
        const auto stream = ann.stream("lounge");
        CHECK(dense(stream));
        CHECK(stream.size() == 16);
        CHECK(bob.stream("lounge") == stream);
        CHECK(ann.stream("kitchen").size() == 16);
        CHECK(sim.counters().crashes == 1);
        CHECK(sim.counters().rooms_rebuilt == 1);
        CHECK(sim.complaints() == std::vector<std::string>{});
      }
    }
  }
  plant_bug(storage::plant::room_throws, false);
}

SCENARIO("who joins, resumes, leaves or sends again while a room crashes gets one answer, in order") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  plant_bug(storage::plant::room_throws, true);
  simulation::options how;
  how.node.rooms.front().history_on_join = 5;
  simulation sim{seed, how};

  GIVEN("ann talking, and bob who saw the beginning") {
    auto& ann = sim.enters("ann");
    auto& bob = sim.enters("bob");
    ann.joins("lounge");
    bob.joins("lounge");
    sim.settle();
    const auto epoch = bob.last<server::joined>()->epoch;
    bob.hangs_up();
    for (int i = 0; i < 8; ++i)
      ann.sends("lounge", "ann " + std::to_string(i));
    sim.settle();

    WHEN("the room throws while bob comes back and cat joins, and what is open is sent again without waiting") {
      auto& again = sim.enters("bob");
      auto& cat = sim.enters("cat");
      const std::vector<sim_client*> people{&ann, &again, &cat};
      const auto pause = [&] { sim.run_some(sim.random()() % 12); };
      again.joins("lounge", protocol::position{epoch, 0});
      cat.joins("lounge");
      pause();
      std::vector<std::pair<sim_client*, std::string>> sent;
      for (int i = 0; i < 8; ++i) {
        if (i == 4)
          ann.sends("lounge", "kaboom");
        for (auto* who : people) {
          sent.emplace_back(who, who->sends("lounge", "the same"));
          pause();
        }
        const auto [who, cid] = sent[sim.random()() % sent.size()];
        who->sends("lounge", "the same", cid);
        again.catches_up("lounge", 3);
        pause();
      }
      for (sim.settle(); again.paused("lounge"); sim.settle())
        again.catches_up("lounge", 3);

      THEN("each join has one answer, and the streams are in order and the same") {
        CHECK(again.all<server::joined>().size() == 1);
        CHECK(cat.all<server::joined>().size() == 1);
        CHECK(dense(ann.stream("lounge")));
        CHECK(again.stream("lounge") == ann.stream("lounge"));
        CHECK(sim.complaints() == std::vector<std::string>{});
      }
    }
  }
  plant_bug(storage::plant::room_throws, false);
}

SCENARIO("a room that fails five times in ten seconds is quarantined, and tells why") {
  plant_bug(storage::plant::room_throws, true);
  {
    simulation sim{7};
    auto& ann = sim.enters("ann");
    ann.joins("lounge");
    ann.joins("kitchen");
    sim.settle();
    for (int i = 0; i < 4; ++i) {
      ann.sends("lounge", "kaboom");
      sim.settle();
      CHECK(ann.last<server::error>()->retry == protocol::retry::same);
    }
    CHECK(sim.counters().quarantines == 0);
    ann.sends("lounge", "kaboom");
    sim.settle();
    CHECK(sim.counters().quarantines == 1);
    ann.sends("lounge", "hello");
    sim.settle();
    CHECK(ann.last<server::error>()->code == protocol::code::internal);
    CHECK(ann.last<server::error>()->retry == protocol::retry::never);
    CHECK(sim.warnings().back().find("QUARANTINE") != std::string::npos);
    ann.sends("kitchen", "still here");
    sim.settle();
    CHECK(ann.stream("kitchen").size() == 1);
  }
  plant_bug(storage::plant::room_throws, false);
}

SCENARIO("an idle room leaves memory and comes back as it was") {
  const auto seed = GENERATE(range(1u, 11u));
  CAPTURE(seed);
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  ann.joins("lounge");
  sim.settle();
  ann.sends("lounge", "before");
  sim.settle();
  const auto epoch = ann.last<server::joined>()->epoch;
  ann.leaves("lounge");
  sim.pass(120'000);
  CHECK(sim.counters().rooms == 0);
  CHECK(sim.counters().relays == 0);
  auto& bob = sim.enters("bob");
  bob.joins("lounge");
  sim.settle();
  CHECK(bob.last<server::joined>()->epoch == epoch);
  CHECK(bob.last<server::joined>()->head == 1);
  bob.sends("lounge", "after");
  sim.settle();
  CHECK(bob.last<server::ack>()->seq == 2);
}

SCENARIO("who writes just when the room's relay has been idle for long enough is answered") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  ann.sends("lounge", "before");
  sim.settle();
  for (int i = 0; i < 3; ++i) {
    sim.pass(9'999);                           // A relay lingers for ten seconds.
    ann.sends("lounge", "at the last moment"); // Without a join, as a program would over HTTP.
    sim.pass(1);
  }
  CHECK(ann.all<server::ack>().size() == 4);
  CHECK(ann.all<server::error>().empty());
}

SCENARIO("the alarms of a room that is busy for long do not pile up") {
  simulation sim{1};
  auto& ann = sim.enters("ann");
  ann.joins("lounge");
  std::size_t after_a_minute = 0;
  for (int second = 0; second < 240; ++second) {
    ann.sends("lounge", "tick");
    sim.pass(1'000);
    if (second == 60)
      after_a_minute = sim.alarms();
  }
  CHECK(sim.alarms() <= after_a_minute + 5);
}

SCENARIO("rooms that were left are soon forgotten by the clock") {
  simulation sim{1};
  auto& ann = sim.enters("ann");
  sim.pass(60'000);
  const auto before = sim.alarms();
  for (int i = 0; i < 100; ++i) {
    ann.joins("room-" + std::to_string(i));
    ann.leaves("room-" + std::to_string(i));
  }
  // A relay lingers for ten seconds, then the room for a minute; the clock has its last alarm for another one at most.
  sim.pass(135'000);
  CHECK(sim.counters().rooms == 0);
  CHECK(sim.alarms() <= before);
}
