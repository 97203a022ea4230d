#include "actors/subscription.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

room_frame message(protocol::seq_t seq) { return {frame::make("m"), frame_class::message, seq}; }
room_frame ack(protocol::seq_t seq) { return {frame::make("a"), frame_class::answer, seq}; }
room_frame presence(protocol::seq_t version) { return {frame::make("p"), frame_class::presence, version}; }

std::vector<protocol::seq_t> seqs(const subscription::outcome& what) {
  std::vector<protocol::seq_t> all;
  for (const auto& f : what.send)
    all.push_back(f.seq);
  return all;
}

} // namespace

SCENARIO("what comes while a join is on its way is held, and what the join covers is not sent again") {
  subscription s{{}};
  s.begin_catching();
  for (protocol::seq_t seq = 8; seq <= 12; ++seq)
    CHECK_FALSE(s.pass(seq == 11 ? ack(seq) : message(seq)));
  CHECK_FALSE(s.pass(presence(5)));
  CHECK_FALSE(s.pass(presence(6)));
  const auto outcome = s.caught_up(10, true, 5);
  CHECK(seqs(outcome) == std::vector<protocol::seq_t>{11, 12, 6});
  CHECK_FALSE(outcome.gap);
  CHECK(s.where() == subscription::state::live);
  CHECK_FALSE(s.pass(message(10)));
  CHECK(s.pass(message(13)));
}

SCENARIO("after a gap only acks pass, until a page closes it") {
  subscription s{{}};
  s.begin_catching();
  s.caught_up(0, true, 0);
  const auto gap = s.dropped(message(5)).gap;
  REQUIRE(gap);
  CHECK(gap->from == 5);
  CHECK_FALSE(s.pass(message(6)));
  CHECK(s.pass(ack(7)));
  CHECK_FALSE(s.pass(presence(9)));
  REQUIRE(s.begin_catching());
  CHECK_FALSE(s.begin_catching());
  CHECK_FALSE(s.pass(message(8)));
  CHECK_FALSE(s.pass(ack(9)));

  SECTION("a page that is not the last gives the acks and waits for the next") {
    CHECK(seqs(s.caught_up(6, false, 0)) == std::vector<protocol::seq_t>{9});
    CHECK(s.where() == subscription::state::gapped);
    s.begin_catching();
    CHECK_FALSE(s.pass(message(10)));
    const auto outcome = s.caught_up(9, true, 0);
    CHECK(seqs(outcome) == std::vector<protocol::seq_t>{10});
    CHECK(outcome.resync);
  }
  SECTION("a fetch that failed leaves the gap open") {
    CHECK(seqs(s.catching_failed()) == std::vector<protocol::seq_t>{9});
    CHECK(s.where() == subscription::state::gapped);
  }
}

SCENARIO("one past what can be held becomes a gap after the page") {
  subscription s{{}};
  s.begin_catching();
  for (protocol::seq_t seq = 1; seq <= subscription::held_max + 1; ++seq)
    s.pass(message(seq));
  const auto outcome = s.caught_up(0, true, 0);
  CHECK(outcome.send.size() == subscription::held_max);
  REQUIRE(outcome.gap);
  CHECK(outcome.gap->from == subscription::held_max + 1);
  CHECK(outcome.gap->to == subscription::held_max + 1);
  CHECK(s.where() == subscription::state::gapped);
}

SCENARIO("what is not wanted is not sent") {
  subscription s{{.presence = false, .typing = true, .marks = false}};
  CHECK_FALSE(s.wanted(frame_class::presence));
  CHECK(s.wanted(frame_class::typing));
  CHECK_FALSE(s.wanted(frame_class::marks));
  CHECK(s.wanted(frame_class::message));
  CHECK(s.wanted(frame_class::answer));
}
