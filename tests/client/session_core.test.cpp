// The well-behaved client, fed with frames by hand: no socket, no clock, no luck.
#include "tests/client/device.hpp"

using namespace troupe;
using namespace troupe::tests;

SCENARIO("a session greets, joins and folds the stream") {
  device ann;
  ann.core.join("lounge", ann.now);
  ann.core.start(ann.now);
  CHECK(ann.wants(0));
  ann.core.opened(ann.now);
  const auto hello = ann.sent<requests::hello>();
  REQUIRE(hello.size() == 1);
  CHECK(hello[0].user == "ann");
  CHECK(hello[0].rooms.empty());
  ann.welcomed();
  const auto join = ann.sent<requests::join>();
  REQUIRE(join.size() == 1);
  CHECK_FALSE(join[0].since);
  ann.gets(server::joined{.re = join[0].id,
                          .room = "lounge",
                          .epoch = "e1",
                          .head = 4,
                          .min = 1,
                          .messages = {said(3, "bob", "one"), said(4, "bob", "two")},
                          .more = true});
  ann.gets(pushed(5, "bob", "three"));
  ann.gets(pushed(5, "bob", "three"));
  CHECK(ann.told.take() == words{"connecting", "greeting", "online", "joined lounge", "3 bob one old", "4 bob two old",
                                 "5 bob three live"});
  CHECK(ann.core.where("lounge") == position{"e1", 5});
  CHECK(ann.sent<requests::fetch>().empty()); // `more` of a first join means older messages.
}

SCENARIO("one's own message is told at its ack, in the stream") {
  device ann;
  ann.sits_in_lounge(5);
  const auto cid = ann.core.send({.room = "lounge", .body = "hi"}, ann.now + 500);
  CHECK(protocol::ulid_time(cid) == 2'000'500); // welcome.time plus what passed since
  const auto send = ann.sent<requests::send>();
  REQUIRE(send.size() == 1);
  ann.gets(pushed(6, "bob", "before"));
  ann.gets(server::ack{.re = send[0].id, .room = "lounge", .cid = cid, .epoch = "e1", .seq = 7});
  CHECK(ann.told.take() == words{"6 bob before live", "sent 7", "7 ann hi live"});
  CHECK(ann.core.unsent().empty());
}

SCENARIO("what was not acked is sent again with the same cid") {
  device ann;
  ann.sits_in_lounge(5);
  const auto cid = ann.core.send({.room = "lounge", .body = "hi"}, ann.now);
  const auto other = ann.core.send({.room = "elsewhere", .body = "no join needed"}, ann.now);
  ann.sent<requests::send>();
  ann.reconnects();
  const auto hello = ann.sent<requests::hello>();
  REQUIRE(hello.size() == 1);
  CHECK(hello[0].resume == "again");
  REQUIRE(hello[0].rooms.size() == 1);
  CHECK(hello[0].rooms[0].seq == 5);
  ann.told.take();

  GIVEN("the room resumes with the message in it") {
    ann.welcomed();
    const auto early = ann.sent<requests::send>();
    REQUIRE(early.size() == 1); // Only where there is nothing to wait for.
    CHECK(early[0].cid == other);
    ann.gets(server::joined{.room = "lounge",
                            .epoch = "e1",
                            .head = 6,
                            .min = 1,
                            .recovered = true,
                            .messages = {said(6, "ann", "hi", cid)}});
    THEN("that was its ack") {
      CHECK(ann.sent<requests::send>().empty());
      CHECK(ann.told.take() == words{"online", "joined lounge", "sent 6", "6 ann hi resumed"});
    }
  }
  GIVEN("the room resumes without it") {
    ann.welcomed();
    ann.core.take_actions();
    ann.gets(server::joined{.room = "lounge", .epoch = "e1", .head = 5, .min = 1, .recovered = true});
    const auto again = ann.sent<requests::send>();
    THEN("it goes out again, and a duplicate's ack is good") {
      REQUIRE(again.size() == 1);
      CHECK(again[0].cid == cid);
      ann.gets(server::ack{.re = again[0].id, .room = "lounge", .cid = cid, .epoch = "e1", .seq = 6, .dup = true});
      CHECK(ann.told.take() == words{"online", "joined lounge", "sent 6", "6 ann hi live"});
    }
  }
}

SCENARIO("a refusal decides whether to try again") {
  device ann;
  ann.sits_in_lounge();
  ann.core.send({.room = "lounge", .body = "hi"}, ann.now);
  const auto first = ann.sent<requests::send>();
  REQUIRE(first.size() == 1);
  const auto refuse = [&](retry how, std::optional<std::uint32_t> after = {}) {
    ann.gets(server::error{.re = first[0].id,
                           .code = code::overloaded,
                           .message = "no",
                           .retry = how,
                           .after_ms = after,
                           .cid = first[0].cid});
  };
  SECTION("never: it is given back") {
    refuse(retry::never);
    CHECK(ann.told.take() == words{"refused hi"});
    CHECK(ann.core.unsent().empty());
  }
  SECTION("same: it waits and goes out with the same cid") {
    refuse(retry::same);
    CHECK(ann.sent<requests::send>().empty());
    REQUIRE(ann.core.wakes_at());
    ann.now = *ann.core.wakes_at();
    ann.core.tick(ann.now);
    const auto again = ann.sent<requests::send>();
    REQUIRE(again.size() == 1);
    CHECK(again[0].cid == first[0].cid);
    CHECK(again[0].id != first[0].id);
  }
  SECTION("same, with a time: not before it") {
    refuse(retry::same, 20'000);
    ann.core.tick(ann.now + 19'999);
    CHECK(ann.sent<requests::send>().empty());
    ann.core.tick(ann.now + 20'000);
    CHECK(ann.sent<requests::send>().size() == 1);
  }
  SECTION("after: not before its time") {
    refuse(retry::after, 400);
    ann.core.tick(ann.now + 399);
    CHECK(ann.sent<requests::send>().empty());
    ann.core.tick(ann.now + 400);
    CHECK(ann.sent<requests::send>().size() == 1);
  }
  SECTION("after, but its room is being joined anew by then: nothing is to be done before that is answered") {
    refuse(retry::after, 400);
    ann.gets(pushed(9, "bob", "later"));
    REQUIRE(ann.sent<requests::join>().size() == 1);
    ann.now += 400;
    ann.core.tick(ann.now);
    CHECK(ann.sent<requests::send>().empty());
    REQUIRE(ann.core.wakes_at());
    CHECK(*ann.core.wakes_at() > ann.now);
  }
  SECTION("resume: on another connection") {
    refuse(retry::resume);
    CHECK(ann.wants(1));
    CHECK(ann.core.state() == link_state::waiting);
    CHECK(ann.core.unsent().size() == 1);
  }
}

SCENARIO("a gap is read from pages until there is no more") {
  device ann;
  ann.sits_in_lounge(5);
  ann.gets(server::gap{.room = "lounge", .from = 6, .to = 8});
  auto fetch = ann.sent<requests::fetch>();
  REQUIRE(fetch.size() == 1);
  CHECK(fetch[0].after == 5);
  const auto cid = ann.core.send({.room = "lounge", .body = "mine"}, ann.now);
  const auto send = ann.sent<requests::send>();
  ann.gets(server::ack{.re = send.at(0).id, .room = "lounge", .cid = cid, .epoch = "e1", .seq = 9});
  CHECK(ann.told.take() == words{"sent 9"});
  ann.gets(server::page{.re = fetch[0].id,
                        .room = "lounge",
                        .epoch = "e1",
                        .messages = {said(6, "bob", "six"), said(7, "bob", "seven")},
                        .more = true,
                        .min = 1});
  fetch = ann.sent<requests::fetch>();
  REQUIRE(fetch.size() == 1);
  CHECK(fetch[0].after == 7);
  CHECK_FALSE(ann.core.caught_up("lounge"));

  SECTION("with the acked message in the last page") {
    ann.gets(server::page{.re = fetch[0].id,
                          .room = "lounge",
                          .epoch = "e1",
                          .messages = {said(8, "bob", "eight"), said(9, "ann", "mine", cid)},
                          .min = 1});
    CHECK(ann.told.take() ==
          words{"6 bob six resumed", "7 bob seven resumed", "8 bob eight resumed", "9 ann mine resumed"});
  }
  SECTION("with the acked message behind the last page") {
    ann.gets(server::page{
      .re = fetch[0].id, .room = "lounge", .epoch = "e1", .messages = {said(8, "bob", "eight")}, .min = 1});
    CHECK(ann.told.take() ==
          words{"6 bob six resumed", "7 bob seven resumed", "8 bob eight resumed", "9 ann mine live"});
  }
  CHECK(ann.core.caught_up("lounge"));
  CHECK(ann.core.where("lounge") == position{"e1", 9});
}

SCENARIO("a resume of many messages goes on in pages") {
  device ann;
  ann.sits_in_lounge(5);
  ann.reconnects();
  ann.welcomed();
  ann.gets(server::joined{.room = "lounge",
                          .epoch = "e1",
                          .head = 9,
                          .min = 1,
                          .recovered = true,
                          .messages = {said(6, "bob", "six")},
                          .more = true});
  const auto fetch = ann.sent<requests::fetch>();
  REQUIRE(fetch.size() == 1);
  CHECK(fetch[0].after == 6);
  CHECK_FALSE(ann.core.caught_up("lounge"));
}

SCENARIO("a log that was lost is told as such") {
  device ann;
  ann.sits_in_lounge(5);
  ann.reconnects();
  ann.welcomed();
  ann.told.take();
  ann.gets(server::joined{
    .room = "lounge", .epoch = "e2", .head = 1, .min = 1, .recovered = false, .messages = {said(1, "bob", "anew")}});
  CHECK(ann.told.take() == words{"break lounge", "joined lounge", "1 bob anew old"});
  CHECK(ann.core.where("lounge") == position{"e2", 1});
}

SCENARIO("a message that was lost without a word is asked for") {
  device ann;
  ann.sits_in_lounge(5);
  SECTION("seen by the next message") { ann.gets(pushed(7, "bob", "later")); }
  SECTION("seen by the head notice") { ann.gets(server::head{.room = "lounge", .seq = 6}); }
  const auto join = ann.sent<requests::join>();
  REQUIRE(join.size() == 1);
  CHECK(join[0].since == position{"e1", 5});
  CHECK(ann.told.take().empty());
}

SCENARIO("a room may be left from within a callback") {
  device ann;
  ann.sits_in_lounge(5);
  ann.told.on_each_message = [&] { ann.core.leave("lounge", false, ann.now); };
  ann.gets(server::gap{.room = "lounge", .from = 6, .to = 7});
  const auto fetch = ann.sent<requests::fetch>();
  ann.gets(server::page{.re = fetch.at(0).id,
                        .room = "lounge",
                        .epoch = "e1",
                        .messages = {said(6, "bob", "six"), said(7, "bob", "seven")},
                        .more = true,
                        .min = 1});
  CHECK(ann.told.take() == words{"6 bob six resumed"});
  CHECK(ann.sent<requests::fetch>().empty());
}

SCENARIO("a room that was left and joined again is told by its own answer only") {
  device ann;
  ann.core.join("lounge", ann.now);
  ann.comes_online();
  const auto first = ann.sent<requests::join>();
  ann.core.leave("lounge", false, ann.now);
  ann.core.join("lounge", ann.now);
  const auto second = ann.sent<requests::join>();
  REQUIRE(second.size() == 1);
  ann.told.take();
  ann.gets(server::joined{.re = first.at(0).id, .room = "lounge", .epoch = "e1", .head = 5, .min = 1});
  ann.gets(server::joined{.room = "lounge", .epoch = "e1", .head = 5, .min = 1});
  ann.gets(pushed(6, "bob", "before"));
  CHECK(ann.told.take().empty());
  ann.gets(server::joined{.re = second[0].id, .room = "lounge", .epoch = "e1", .head = 6, .min = 1});
  ann.gets(pushed(7, "bob", "after"));
  CHECK(ann.told.take() == words{"joined lounge", "7 bob after live"});
}

SCENARIO("a room that is closed for a while is joined again, one that somebody ended is not") {
  device ann;
  ann.sits_in_lounge(5);
  ann.gets(server::closed{"lounge", "store_unavailable"});
  CHECK(ann.told.take().empty());
  ann.now += 1'001;
  ann.core.tick(ann.now);
  const auto again = ann.sent<requests::join>();
  REQUIRE(again.size() == 1);
  CHECK(again[0].since == position{"e1", 5});
  ann.gets(server::closed{"lounge", "kicked"});
  CHECK(ann.told.take() == words{"left lounge kicked"});
  ann.now += 10'000;
  ann.core.tick(ann.now);
  CHECK(ann.sent<requests::join>().empty());
}

SCENARIO("a message that was erased before it came keeps its digest in place of its body") {
  device ann;
  ann.sits_in_lounge(5);
  auto erased = pushed(6, "bob", "");
  erased.digest = std::string(64, 'a');
  ann.gets(erased);
  CHECK(ann.told.take() == words{"6 bob - live"});
}

SCENARIO("an order of a moderator is read from the room, which has written it") {
  device ann;
  CHECK_FALSE(ann.core.moderate({.room = "lounge", .action = "kick", .user = "bob"}, ann.now));
  ann.sits_in_lounge(5);
  REQUIRE(ann.core.moderate({.room = "lounge", .action = "kick", .user = "bob"}, ann.now));
  const auto order = ann.sent<requests::moderate>();
  REQUIRE(order.size() == 1);
  CHECK(protocol::ulid_time(order[0].cid));
  WHEN("it is done") {
    ann.gets(server::ack{.re = order[0].id, .room = "lounge", .cid = order[0].cid, .epoch = "e1", .seq = 6});
    const auto again = ann.sent<requests::join>();
    REQUIRE(again.size() == 1);
    CHECK(again[0].since == position{"e1", 5});
    auto event = said(6, "ann", "{}", order[0].cid);
    event.kind = "system";
    ann.gets(server::joined{
      .re = again[0].id, .room = "lounge", .epoch = "e1", .head = 6, .min = 1, .recovered = true, .messages = {event}});
    CHECK(ann.told.take() == words{"joined lounge", "6 ann {} resumed"});
    ann.gets(pushed(7, "bob", "hi"));
    CHECK(ann.told.take() == words{"7 bob hi live"});
  }
  WHEN("it is refused") {
    ann.gets(server::error{.re = order[0].id, .code = code::forbidden, .message = "no", .retry = retry::never});
    CHECK(ann.told.take() == words{"error no"});
  }
}

SCENARIO("who is banned does not come back by itself") {
  device ann;
  ann.sits_in_lounge(5);
  ann.gets(server::closed{.room = "lounge", .reason = "banned"});
  CHECK(ann.told.take() == words{"left lounge banned"});
  CHECK_FALSE(ann.core.joined("lounge"));
}
