// A node that is killed loses nothing that was acked and doubles nothing that is sent again.
#include "tests/chaos/run.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace troupe;
using namespace troupe::tests;

namespace {

load::options conversation() { return {.rooms = 4, .senders = 8, .receivers = 4, .rooms_each = 2, .under_way = 8}; }

} // namespace

SCENARIO("kill -9 under load, twenty times") {
  run r{{}, conversation()};
  r.traffic().start();
  REQUIRE(r.traffic().progresses(100));
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i, r.server().output());
    REQUIRE(r.kills_and_returns());
  }
  const auto result = [&] {
    r.traffic().stop_sending();
    INFO(r.traffic().state());
    CHECK(r.traffic().settles());
    r.records_terms(r.server().data() / "log.db");
    return r.ends_abruptly();
  }();
  INFO(checker::to_text(result));
  CHECK(result.passed());
  CHECK(result.counts.faults == 20);
  CHECK(result.counts.duplicates > 0); // Otherwise no retry met a stored message, and nothing was shown.
}

SCENARIO("a node that is asked to stop under load, and starts again, three times") {
  run r{{}, conversation()};
  r.traffic().start();
  REQUIRE(r.traffic().progresses(100));
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(r.server().stop() == 0);
    r.fault("SIGTERM");
    r.server().start();
    CHECK(r.traffic().progresses(50));
  }
  const auto result = r.ends();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}

SCENARIO("a kill at each named crash point") {
  const auto point =
    GENERATE(as<std::string>{}, "before_begin", "after_insert", "after_commit", "after_ack", "after_fan_out");
  const auto visit = GENERATE(1, 40);
  CAPTURE(point, visit);
  run r{{.binary = faulty_binary(), .environment = {{"TROUPE_CRASH_AT", point + ':' + std::to_string(visit)}}},
        conversation()};
  r.traffic().start();
  REQUIRE(r.server().child().wait() == 128 + SIGKILL);
  r.fault("crash at " + point);
  r.server().how().environment.clear();
  r.server().start();
  CHECK(r.traffic().progresses(50));
  const auto result = r.ends();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}

SCENARIO("acks that are lost: a retry gets the same seq") {
  temporary_directory directory;
  node server = node::started({});
  checker::verdict result;
  {
    checker::recorder recorder{directory / "run.jsonl"};
    std::vector<say::send> sends;
    std::vector<seq_t> first(300, 0);
    for (std::size_t i = 0; i < first.size(); ++i)
      sends.push_back({.room = "lounge", .cid = new_cid(), .body = "message " + std::to_string(i)});
    std::mt19937 shuffle{7};
    // Each round sends everything in another order, hears some of the acks, and vanishes.
    for (int round = 0; round < 4; ++round) {
      live_client ann{server.where(), {.user = "ann", .recorder = &recorder}};
      std::vector<protocol::request_id> asked;
      const std::size_t at_once = ann.welcome().limits.inflight;
      std::size_t heard = 0;
      for (std::size_t i = 0; i < sends.size(); ++i) {
        asked.push_back(ann.starts(sends[i]));
        if (asked.size() - heard >= std::min<std::size_t>(at_once, 100)) {
          if (round < 3 && i > sends.size() * 2 / 3)
            break;
          ann.answer_to(asked[heard++]);
        }
      }
      if (round < 3) {
        ann.vanishes();
        std::shuffle(sends.begin(), sends.end(), shuffle);
      } else {
        while (heard < asked.size()) {
          const auto answer = ann.answer_to(asked[heard++]);
          REQUIRE(std::holds_alternative<hear::ack>(answer));
        }
      }
    }
    live_client auditor{server.where(), {.user = "auditor"}};
    record_final_history(recorder, auditor, "lounge");
  }
  result = checker::check(checker::read_history(directory / "run.jsonl"));
  INFO(checker::to_text(result));
  CHECK(result.passed());
  CHECK(result.counts.stored == 300);
  CHECK(result.counts.duplicates > 100);
}

namespace {

/// Sends one message, many others, kills the node, and sends the first one again.
checker::verdict retries_late(const std::string& plant) {
  temporary_directory directory;
  node server = node::started({.binary = faulty_binary(), .environment = {{"TROUPE_PLANT", plant}}});
  {
    checker::recorder recorder{directory / "run.jsonl"};
    const auto cid = new_cid();
    {
      live_client ann{server.where(), {.user = "ann", .recorder = &recorder}};
      ann.sends("lounge", "once", cid);
      // More than the room itself remembers: only the log can know the first one.
      for (int i = 0; i < 1'500; ++i)
        ann.sends("lounge", "and then");
    }
    server.kill();
    server.start();
    live_client ann{server.where(), {.user = "ann", .recorder = &recorder}};
    ann.asks(say::send{.room = "lounge", .cid = cid, .body = "once"});
    record_final_history(recorder, ann, "lounge");
  }
  return checker::check(checker::read_history(directory / "run.jsonl"));
}

} // namespace

SCENARIO("a late retry after a kill gets the first seq") {
  GIVEN("the log as it is") {
    const auto result = retries_late("");
    INFO(checker::to_text(result));
    CHECK(result.passed());
    CHECK(result.counts.duplicates == 1);
  }
  GIVEN("a log without the unique index over cids, the checker finds it") {
    const auto result = retries_late("no_unique_index");
    INFO(checker::to_text(result));
    CHECK(result.against(checker::rules::stored_once));
  }
}

SCENARIO("acks that do not wait for the commit, and a kill: the checker finds what is lost") {
  run r{{.binary = faulty_binary(),
         .environment = {{"TROUPE_PLANT", "ack_before_commit"}, {"TROUPE_CRASH_AT", "after_insert:40"}}},
        conversation()};
  r.traffic().start();
  REQUIRE(r.server().child().wait() == 128 + SIGKILL);
  r.server().how().environment.clear();
  r.server().start();
  r.traffic().progresses(50);
  const auto result = r.ends_abruptly();
  INFO(checker::to_text(result));
  CHECK(result.against(checker::rules::acked_is_stored));
}

SCENARIO("a relay that swaps two messages: the checker finds it") {
  run r{{.binary = faulty_binary(), .environment = {{"TROUPE_PLANT", "order_swap"}}}, conversation()};
  r.traffic().start();
  r.traffic().progresses(2'000);
  const auto result = r.ends_abruptly();
  INFO(checker::to_text(result));
  CHECK(result.against(checker::rules::stream_in_order));
}
