// What a link takes and sends, and one past each bound of it.
#include "tests/actors/cluster/link_story.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::actors::testing;
using texts = std::vector<std::string>;

namespace {

link_limits small_limits() {
  link_limits limits;
  limits.credit_bytes = 1'000;
  limits.waiting_bytes = 2'000;
  limits.kept_bytes = 500;
  limits.ack_after_ms = 20;
  return limits;
}

} // namespace

SCENARIO("no more is on the wire than the peer grants") {
  auto limits = small_limits();
  limits.credit_bytes = 3 * answer(1)->bytes.size();
  two_nodes both{limits};
  for (std::uint64_t id = 1; id <= 5; ++id) {
    both.ann.send(answer(id));
    both.ann.flush();
  }
  CHECK(both.ann.sent.size() == 3);
  CHECK(both.ann.core.unacked_bytes() == limits.credit_bytes);
  CHECK(both.ann.core.waiting_bytes() == 2 * answer(1)->bytes.size());
  both.pass_on();
  CHECK(both.bob.take_heard().size() == 3);
  both.bob.pass(20);
  both.pass_on();
  CHECK(both.bob.take_heard() == texts{"answer 4", "answer 5"});
  CHECK(both.ann.core.counters().unacked_bytes_max == limits.credit_bytes);

  WHEN("a peer does not keep to it") {
    auto bytes = encode_head({bob_is, ann_is, 77, 1, 3, 1'000});
    for (int i = 0; i < 4; ++i)
      bytes += answer(1)->bytes;
    both.ann.apply(to_link::received{bytes});
    CHECK(both.ann.take_heard().empty());
    CHECK(both.ann.take_story() == texts{"down: beyond_credit", "reset: beyond_credit"});
  }
}

SCENARIO("an item that the peer will never grant ends the session instead of waiting for ever") {
  link_tester ann{ann_is};
  ann.apply(to_link::opened{77, bob_is});
  ann.apply(to_link::received{encode_head({bob_is, ann_is, 77, 0, 0, 10})});
  ann.send(answer(1));
  ann.flush();
  CHECK(ann.take_story() == texts{"up", "down: credit_too_small", "reset: credit_too_small"});
}

SCENARIO("what finds no space") {
  const auto limits = small_limits();
  two_nodes both{limits};
  auto& ann = both.ann;
  // Neither acks nor space: the credit is used up, and as much waits as may wait of what can be dropped.
  const auto filler = [](std::size_t bytes) { return submit("f", bytes - submit("f")->bytes.size()); };
  ann.send(filler(1'000));
  ann.flush();
  REQUIRE(ann.core.unacked_bytes() == 1'000);
  ann.send(filler(1'000));
  ann.send(filler(500));
  REQUIRE(ann.core.waiting_bytes() == limits.waiting_bytes - limits.kept_bytes);
  CHECK(ann.take_story().empty());

  GIVEN("a submit") {
    ann.send(submit("c1"));
    THEN("it is refused") {
      CHECK(ann.take_story() == texts{"refused: full"});
      CHECK(ann.core.counters().refused == 1);
    }
  }
  GIVEN("questions") {
    ann.send(encode_item(for_room{"lounge", 3, to_room::fetch{.re = 7}}));
    ann.send(encode_item(for_room{"lounge", 3, to_room::who{.re = 8}}));
    ann.send(encode_item(for_room{"lounge", 3, to_room::join{.re = 9}}));
    THEN("they are refused, for who asked is told") {
      CHECK(ann.take_story() == texts{"refused: full", "refused: full", "refused: full"});
    }
  }
  GIVEN("a join that nobody could be told of, and who leaves") {
    ann.send(encode_item(for_room{"lounge", 3, to_room::join{}}));
    ann.send(encode_item(for_room{"lounge", 3, to_room::leave{.re = 7}}));
    THEN("they take of what was kept for such") {
      CHECK(ann.take_story().empty());
      CHECK(ann.core.waiting_bytes() > 1'500);
    }
  }
  GIVEN("presence that somebody asked for") {
    ann.send(news("lounge", from_room::answered{5, protocol::server::presence{.re = 7}}));
    THEN("it is refused to them") { CHECK(ann.take_story() == texts{"refused: full"}); }
  }
  GIVEN("presence that the relay itself wanted, for all or for somebody, and marks") {
    ann.send(news("lounge", from_room::answered{0, protocol::server::presence{}}));
    ann.send(news("parlour", from_room::answered{5, protocol::server::presence{}}));
    ann.send(news("kitchen", from_room::answered{5, protocol::server::marks{}}));
    THEN("it asks for all of it when there is space") {
      CHECK(ann.take_story().empty());
      CHECK(ann.core.rooms_behind() == 3);
    }
  }
  GIVEN("what nobody will miss") {
    ann.send(encode_item(for_room{"lounge", 3, to_room::typing{}}));
    ann.send(news("lounge", from_room::typing_seen{"ann"}));
    ann.send(encode_item(for_users{"lounge", 1, "ann", {}}));
    ann.send(encode_item(look{}));
    THEN("it is dropped in silence") {
      CHECK(ann.take_story().empty());
      CHECK(ann.core.waiting_bytes() == 1'500);
      CHECK(ann.core.counters().dropped_others == 4);
      CHECK(ann.core.rooms_behind() == 0);
    }
  }
  GIVEN("an answer") {
    ann.send(answer(1));
    THEN("it takes of what was kept for it") {
      CHECK(ann.take_story().empty());
      CHECK(ann.core.waiting_bytes() == 1'500 + answer(1)->bytes.size());
    }
  }
  GIVEN("more answers than were provided for") {
    const auto fits = limits.kept_bytes / answer(1)->bytes.size();
    for (std::size_t i = 0; i < fits; ++i)
      ann.send(answer(i));
    CHECK(ann.take_story().empty());
    ann.send(answer(99));
    THEN("the session ends, and with it all that waited") {
      CHECK(ann.take_story() == texts{"down: overflow", "reset: overflow"});
      CHECK(ann.core.waiting_bytes() == 0);
      CHECK(ann.core.counters().resets == 1);
    }
  }
  GIVEN("news of rooms that can be pulled") {
    ann.send(published("lounge", 7));
    ann.send(published("lounge", 8));
    ann.send(news("lounge", from_room::marks_changed{}));
    ann.send(news("quiet", from_room::presence_changed{}));
    THEN("the rooms fall behind") {
      CHECK(ann.take_story().empty());
      CHECK(ann.core.rooms_behind() == 2);
      CHECK(ann.core.counters().dropped_published == 2);
      CHECK(ann.core.counters().dropped_others == 2);
    }
    WHEN("the window opens, but not for all that waits") {
      two_nodes::hand_over(ann, both.bob);
      both.bob.pass(20);
      two_nodes::hand_over(both.bob, ann);
      REQUIRE(ann.core.waiting_bytes() == 500);
      ann.send(published("lounge", 9));
      ann.send(published("other", 1));
      THEN("a room that is behind stays so, and others go on") {
        CHECK(ann.core.rooms_behind() == 2);
        both.pass_on();
        both.bob.take_heard();
        both.bob.pass(20);
        both.pass_on();
        CHECK(both.bob.take_heard() ==
              texts{"submit f", "other has 1", "lounge is behind epoch-1:9", "quiet is behind :0"});
        AND_THEN("they get news again") {
          CHECK(ann.core.rooms_behind() == 0);
          both.pass(20);
          both.pass_on();
          ann.send(published("lounge", 10));
          ann.flush();
          both.pass_on();
          CHECK(both.bob.take_heard() == texts{"lounge has 10"});
          CHECK(ann.core.counters().rooms_behind == 2);
        }
      }
    }
  }
}

SCENARIO("the rooms that are behind are counted, and one more ends the session") {
  auto limits = small_limits();
  limits.rooms_behind = 3;
  link_tester ann{ann_is, limits};
  ann.apply(to_link::opened{77, bob_is});
  ann.send(submit("c1", 1'300));
  CHECK(ann.take_story() == texts{"refused: too_large"});
  ann.send(submit("c1", 500));
  ann.send(submit("c2", 500));
  ann.send(submit("c3", 100));
  for (const auto* room : {"a", "b", "c", "a"})
    ann.send(published(room, 1, 100));
  CHECK(ann.core.rooms_behind() == 3);
  CHECK(ann.take_story().empty());
  ann.send(published("d", 1, 100));
  CHECK(ann.take_story() == texts{"reset: overflow"});
}

SCENARIO("one past the largest item") {
  two_nodes both;
  const auto largest = item_bytes_max - submit("c")->bytes.size();
  both.ann.send(submit("c", largest));
  both.pass_on();
  CHECK(both.bob.take_heard() == texts{"submit c"});
  both.ann.send(submit("c", largest + 1));
  CHECK(both.ann.take_story() == texts{"refused: too_large"});

  WHEN("it is news, its room falls behind at once") {
    both.ann.send(published("lounge", 5, item_bytes_max));
    both.ann.flush();
    both.pass_on();
    both.pass(20);
    both.pass_on();
    CHECK(both.bob.take_heard() == texts{"lounge is behind epoch-1:5"});
    CHECK(both.ann.core.is_up());
  }
}
