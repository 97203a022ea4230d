#include "tests/actors/cluster/link_story.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::actors::testing;
using texts = std::vector<std::string>;

namespace {

constexpr incarnation_t ann_is = 11;
constexpr incarnation_t bob_is = 22;

/// Two nodes whose link is up. Envelopes pass when a test says so.
struct two_nodes {
  explicit two_nodes(const link_limits& limits = {}) : ann(ann_is, limits), bob(bob_is, limits) {
    ann.apply(to_link::opened{77, bob_is});
    bob.apply(to_link::opened{77, ann_is});
    pass_on();
    ann.take_story();
    bob.take_story();
  }

  static void hand_over(link_tester& from, link_tester& to) {
    for (const auto& bytes : from.take_sent())
      to.apply(to_link::received{bytes});
  }

  void pass_on() {
    while (!ann.sent.empty() || !bob.sent.empty()) {
      hand_over(ann, bob);
      hand_over(bob, ann);
    }
  }

  void pass(time_ms duration) {
    ann.pass(duration);
    bob.pass(duration);
  }

  link_tester ann;
  link_tester bob;
};

/// The next envelope that ann would take from bob, with one item.
std::string next_of_bob(std::uint64_t number = 1, std::uint64_t ack = 0) {
  return encode_head({bob_is, ann_is, 77, number, ack, 1'000'000}) + answer(1)->bytes;
}

link_limits small_limits() {
  link_limits limits;
  limits.credit_bytes = 1'000;
  limits.waiting_bytes = 2'000;
  limits.kept_bytes = 500;
  return limits;
}

} // namespace

SCENARIO("a link is up when each end has heard the other") {
  link_tester ann{ann_is};
  link_tester bob{bob_is};
  ann.apply(to_link::opened{77, bob_is});
  CHECK(ann.take_story().empty());
  CHECK_FALSE(ann.core.is_up());
  REQUIRE(ann.sent.size() == 1);
  CHECK(head_of(ann.sent.front()) ==
        std::pair{envelope_header{ann_is, bob_is, 77, 0, 0, 4 * 1024 * 1024}, std::uint64_t{0}});

  WHEN("an item is sent before that") {
    ann.send(answer(1));
    ann.flush();
    THEN("it waits for the peer's credit") {
      CHECK(ann.sent.size() == 1);
      bob.apply(to_link::opened{77, ann_is});
      two_nodes::hand_over(bob, ann);
      CHECK(ann.take_story() == texts{"up"});
      two_nodes::hand_over(ann, bob);
      CHECK(bob.take_story() == texts{"up"});
      CHECK(bob.take_heard() == texts{"answer 1"});
    }
  }
  WHEN("the peer does not greet in time") {
    ann.pass(999);
    CHECK(ann.take_story().empty());
    ann.pass(1);
    THEN("the session is given up") { CHECK(ann.take_story() == texts{"reset: stalled"}); }
  }
}

SCENARIO("the items of one turn leave in one envelope") {
  two_nodes both;
  both.ann.send(answer(1));
  both.ann.send(submit("c2"));
  both.ann.send(published("lounge", 3));
  CHECK(both.ann.sent.empty());
  both.ann.flush();
  CHECK(both.ann.sent.size() == 1);
  both.pass_on();
  CHECK(both.bob.take_heard() == texts{"answer 1", "submit c2", "lounge has 3"});
  CHECK(both.ann.core.counters().items_out == 3);
  CHECK(both.bob.core.counters().items_in == 3);
}

SCENARIO("an envelope holds a batch at most, or one larger item") {
  two_nodes both;
  const auto half = submit("half", batch_bytes_max / 2 - submit("half")->bytes.size());
  REQUIRE(half->bytes.size() == batch_bytes_max / 2);
  GIVEN("exactly a batch") {
    both.ann.send(half);
    both.ann.send(half);
    THEN("it leaves at once") {
      REQUIRE(both.ann.sent.size() == 1);
      CHECK(head_of(both.ann.sent[0]).second == batch_bytes_max);
    }
  }
  GIVEN("one byte more") {
    both.ann.send(half);
    both.ann.send(submit("half1", batch_bytes_max / 2 - submit("half")->bytes.size()));
    both.ann.flush();
    THEN("there are two") {
      REQUIRE(both.ann.sent.size() == 2);
      CHECK(head_of(both.ann.sent[0]).second == batch_bytes_max / 2);
      CHECK(head_of(both.ann.sent[1]).second == batch_bytes_max / 2 + 1);
    }
  }
  GIVEN("a large item among small ones") {
    both.ann.send(answer(1));
    both.ann.send(submit("large", 2 * batch_bytes_max));
    both.ann.send(answer(2));
    both.ann.flush();
    THEN("it goes alone") {
      CHECK(both.ann.sent.size() == 3);
      both.pass_on();
      CHECK(both.bob.take_heard() == texts{"answer 1", "submit large", "answer 2"});
    }
  }
}

SCENARIO("acks ride along, or go alone after a while") {
  two_nodes both;
  both.ann.send(answer(1));
  both.ann.flush();
  two_nodes::hand_over(both.ann, both.bob);
  CHECK(both.bob.sent.empty());
  WHEN("the peer has something to say") {
    both.bob.send(answer(2));
    both.bob.flush();
    THEN("it acks with that, and nothing else follows") {
      CHECK(head_of(both.bob.sent.back()).first.ack == 1);
      two_nodes::hand_over(both.bob, both.ann);
      CHECK(both.ann.core.unacked_bytes() == 0);
      both.bob.pass(20);
      CHECK(both.bob.sent.empty());
    }
  }
  WHEN("it has not") {
    both.bob.pass(19);
    CHECK(both.bob.sent.empty());
    both.bob.pass(1);
    THEN("it acks after 20 ms") {
      REQUIRE(both.bob.sent.size() == 1);
      CHECK(head_of(both.bob.sent.front()).first.number == 0);
      CHECK(head_of(both.bob.sent.front()).first.ack == 1);
    }
  }
  WHEN("256 KiB came") {
    const auto before = answer(1)->bytes.size();
    const auto rest = 256 * 1024 - before - submit("")->bytes.size();
    both.ann.send(submit("", rest - 1));
    both.ann.flush();
    two_nodes::hand_over(both.ann, both.bob);
    CHECK(both.bob.sent.empty());
    both.ann.send(submit("", 0));
    both.ann.flush();
    two_nodes::hand_over(both.ann, both.bob);
    THEN("it acks at once") { CHECK(both.bob.sent.size() == 1); }
  }
}

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

SCENARIO("without a session nothing is taken") {
  link_tester ann{ann_is};
  ann.send(submit("c1"));
  ann.send(answer(1));
  CHECK(ann.take_story() == texts{"refused: closed", "refused: closed"});
  ann.send(published("lounge", 1));
  ann.send(encode_item(look{}));
  ann.flush();
  ann.apply(to_link::received{next_of_bob()});
  ann.pass(5'000);
  CHECK(ann.take_story().empty());
  CHECK(ann.sent.empty());
  CHECK(ann.heard.empty());
  CHECK(ann.wake_at == 0);
}

SCENARIO("whatever is not the next envelope of the session ends it") {
  two_nodes both;
  auto& ann = both.ann;
  ann.send(answer(1));
  ann.flush();
  const auto told_of = [&](const std::string& bytes) {
    ann.apply(to_link::received{bytes});
    CHECK(ann.heard.empty());
    CHECK_FALSE(ann.core.is_up());
    return ann.take_story();
  };
  const auto ended = [](const std::string& why) { return texts{"down: " + why, "reset: " + why}; };
  const auto with = [](envelope_header header) { return encode_head(header) + answer(1)->bytes; };

  GIVEN("a number left out") { CHECK(told_of(next_of_bob(2)) == ended("wrong_number")); }
  GIVEN("a number that came twice") {
    ann.apply(to_link::received{next_of_bob(1)});
    CHECK(ann.take_heard() == texts{"answer 1"});
    CHECK(told_of(next_of_bob(1)) == ended("wrong_number"));
  }
  GIVEN("another session") { CHECK(told_of(with({bob_is, ann_is, 78, 1, 0, 9})) == ended("unknown_session")); }
  GIVEN("no session") { CHECK(told_of(with({bob_is, ann_is, 0, 1, 0, 9})) == ended("unknown_session")); }
  GIVEN("a restarted peer") { CHECK(told_of(with({23, ann_is, 77, 1, 0, 9})) == ended("wrong_incarnation")); }
  GIVEN("an envelope for who was here before") {
    CHECK(told_of(with({bob_is, 10, 77, 1, 0, 9})) == ended("wrong_incarnation"));
  }
  GIVEN("an ack of what was never sent") { CHECK(told_of(next_of_bob(1, 2)) == ended("wrong_ack")); }
  GIVEN("an envelope without a number that has items") { CHECK(told_of(next_of_bob(0)) == ended("undecodable")); }
  GIVEN("an envelope with a number that has none") {
    CHECK(told_of(encode_head({bob_is, ann_is, 77, 1, 0, 9})) == ended("undecodable"));
  }
  GIVEN("bytes that are no envelope") { CHECK(told_of("GET / HTTP/1.1\r\n\r\n") == ended("undecodable")); }
  GIVEN("an envelope whose second item is damaged") {
    CHECK(told_of(next_of_bob() + std::string(6, '\x7f')) == ended("undecodable"));
  }
  GIVEN("another version") {
    auto bytes = next_of_bob();
    bytes[envelope_magic.size()] = static_cast<char>(envelope_major + 1);
    CHECK(told_of(bytes) == ended("other_version"));
  }
}

SCENARIO("a peer that acks nothing any more ends the session") {
  two_nodes both;
  auto& ann = both.ann;
  ann.pass(10'000);
  CHECK(ann.take_story().empty());
  ann.send(answer(1));
  ann.flush();
  ann.pass(600);
  ann.send(answer(2));
  ann.flush();
  WHEN("nothing comes") {
    ann.pass(399);
    CHECK(ann.take_story().empty());
    ann.pass(1);
    CHECK(ann.take_story() == texts{"down: stalled", "reset: stalled"});
  }
  WHEN("it acks a part of it") {
    ann.apply(to_link::received{encode_head({bob_is, ann_is, 77, 0, 1, 1'000})});
    ann.pass(999);
    CHECK(ann.take_story().empty());
    ann.pass(1);
    CHECK(ann.take_story() == texts{"down: stalled", "reset: stalled"});
  }
}

SCENARIO("a new session knows nothing of the one before") {
  two_nodes both;
  auto& ann = both.ann;
  auto& bob = both.bob;
  ann.send(answer(1));
  ann.flush();
  const auto stale = ann.take_sent();
  if (const bool noticed = GENERATE(true, false); noticed) {
    ann.apply(to_link::lost{});
    CHECK(ann.take_story() == texts{"down: lost"});
    ann.apply(to_link::lost{});
    CHECK(ann.take_story().empty());
    ann.apply(to_link::opened{78, bob_is});
  } else {
    ann.apply(to_link::opened{78, bob_is});
    CHECK(ann.take_story() == texts{"down: replaced"});
  }
  bob.apply(to_link::opened{78, ann_is});
  both.pass_on();
  CHECK(ann.take_story() == texts{"up"});
  CHECK(bob.take_story() == texts{"down: replaced", "up"});
  bob.apply(to_link::received{stale.front()});
  CHECK(bob.take_story().empty());
  CHECK(bob.heard.empty());
  ann.send(answer(2));
  ann.flush();
  both.pass_on();
  CHECK(bob.take_heard() == texts{"answer 2"});

  WHEN("the old one is announced once more") {
    ann.apply(to_link::opened{77, bob_is});
    CHECK(ann.take_story().empty());
    CHECK(ann.core.session() == 78);
  }
}
