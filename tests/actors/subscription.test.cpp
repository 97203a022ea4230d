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

  SECTION("a page that was asked for beside it has shown acks, but no message is left out for it") {
    s.saw_page(9);
    CHECK(s.has_passed(9));
    CHECK_FALSE(s.has_passed(10));
    CHECK(seqs(s.caught_up(7, true, 0)) == std::vector<protocol::seq_t>{8, 9});
  }
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

SCENARIO("an ack whose message a page has shown leaves all the same, and is known to be late") {
  subscription s{{}};
  s.begin_catching();

  GIVEN("acks that were held while the page came") {
    for (const protocol::seq_t seq : {9, 10, 11})
      CHECK_FALSE(s.pass(ack(seq)));
    WHEN("the page ends between them") {
      const auto complete = GENERATE(true, false);
      const auto outcome = s.caught_up(10, complete, 0);
      THEN("all of them leave, and those up to its end are passed") {
        CHECK(seqs(outcome) == std::vector<protocol::seq_t>{9, 10, 11});
        CHECK(s.has_passed(10));
        CHECK_FALSE(s.has_passed(11));
      }
    }
  }
  GIVEN("a page that was faster than the stream") {
    s.caught_up(10, true, 0);
    THEN("the stream's message up to its end does not pass, the ack does, as a late one") {
      CHECK_FALSE(s.pass(message(10)));
      CHECK(s.pass(ack(10)));
      CHECK(s.has_passed(10));
    }
    AND_WHEN("a gap follows") {
      s.dropped(message(11));
      CHECK(s.pass(ack(10)));
      CHECK(s.has_passed(10));
    }
  }
}

SCENARIO("one past what can be held becomes a gap after the page, and the acks follow it") {
  subscription s{{}};
  s.begin_catching();
  constexpr protocol::seq_t last = subscription::held_max + 2;
  s.pass(presence(3));
  for (protocol::seq_t seq = 1; seq <= last; ++seq)
    s.pass(seq % 100 == 0 ? ack(seq) : message(seq));
  s.pass(ack(last + 1));

  WHEN("the page ends before what was lost") {
    const auto outcome = s.caught_up(300, true, 0);
    THEN("pushes stop where it ends; only acks go on") {
      REQUIRE(outcome.gap);
      CHECK(outcome.gap->from == 301);
      CHECK(outcome.gap->to == last);
      CHECK(seqs(outcome) == std::vector<protocol::seq_t>{100, 200, 300, 400, 500, last + 1});
      CHECK(s.where() == subscription::state::gapped);
    }
    AND_WHEN("the gap is closed") {
      s.begin_catching();
      CHECK(s.caught_up(last, true, 0).resync); // The presence was dropped with the rest.
    }
  }
  WHEN("the page holds what was lost") {
    const auto outcome = s.caught_up(last, true, 3);
    THEN("there is no gap") {
      CHECK_FALSE(outcome.gap);
      CHECK(seqs(outcome).back() == last + 1);
      CHECK(s.where() == subscription::state::live);
    }
  }
}

SCENARIO("who does not wait for the page any more gets the acks that were held for it") {
  subscription s{{}};
  CHECK(s.catching_failed().send.empty());
  s.begin_catching();
  s.pass(message(4));
  s.pass(ack(5));
  CHECK(seqs(s.catching_failed()) == std::vector<protocol::seq_t>{5});
  CHECK(s.catching_failed().send.empty());
}

SCENARIO("what is not wanted is not sent") {
  subscription s{{.presence = false, .typing = true, .marks = false}};
  CHECK_FALSE(s.wanted(frame_class::presence));
  CHECK(s.wanted(frame_class::typing));
  CHECK_FALSE(s.wanted(frame_class::marks));
  CHECK(s.wanted(frame_class::message));
  CHECK(s.wanted(frame_class::answer));
}

SCENARIO("another log ends what was held of the old one") {
  subscription of{{}};
  of.caught_up(5, true, 0);
  of.begin_catching();
  CHECK_FALSE(of.pass(message(9)));
  CHECK_FALSE(of.pass(ack(10)));
  CHECK(of.catching_failed().send.size() == 1);
  of.restart();
  CHECK_FALSE(of.pass(message(2)));
  CHECK_FALSE(of.pass(message(3)));
  const auto out = of.caught_up(2, true, 0);
  REQUIRE(out.send.size() == 1);
  CHECK(out.send.front().seq == 3);
  CHECK(of.pass(message(4)));
}
