#include "tests/actors/cluster/link_story.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::actors::testing;
using texts = std::vector<std::string>;

namespace {

/// The next envelope that ann would take from bob, with one item.
std::string next_of_bob(std::uint64_t number = 1, std::uint64_t ack = 0) {
  return encode_head({bob_is, ann_is, 77, number, ack, 1'000'000}) + answer(1)->bytes;
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
    ann.pass(1'199);
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
      both.bob.pass(link_limits{}.ack_after_ms);
      CHECK(both.bob.sent.empty());
    }
  }
  WHEN("it has not") {
    both.bob.pass(399);
    CHECK(both.bob.sent.empty());
    both.bob.pass(1);
    THEN("it acks after 400 ms") {
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
    ann.pass(599);
    CHECK(ann.take_story().empty());
    ann.pass(1);
    CHECK(ann.take_story() == texts{"down: stalled", "reset: stalled"});
  }
  WHEN("it acks a part of it") {
    ann.apply(to_link::received{encode_head({bob_is, ann_is, 77, 0, 1, 1'000})});
    ann.pass(1'199);
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
