#include "tests/conformance/setting.hpp"

#include "protocol/chain.hpp"

using namespace troupe;
using namespace troupe::tests;
using protocol::code;
using protocol::retry;

SCENARIO("a send is acked, numbered and chained") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  const auto joined = ann.joins(room);
  const auto cid = new_cid();
  const auto ack = ann.sends(room, "hello", cid);
  CHECK(ack.room == room);
  CHECK(ack.cid == cid);
  CHECK(ack.epoch == joined.epoch);
  CHECK(ack.seq == 1);
  CHECK_FALSE(ack.dup);
  CHECK(ack.durable == protocol::durability::disk);
  CLAUSE("chain = SHA-256(previous ‖ seq ‖ time ‖ user ‖ cid ‖ kind ‖ reply_to ‖ target ‖ SHA-256(salt ‖ body))");
  const auto digest = protocol::body_digest(*protocol::salt_from_hex(ack.salt), "hello");
  const auto link = protocol::chain_next(*protocol::digest_from_hex(joined.chain),
                                         {1, ack.time, ann.user(), cid, "text", 0, 0, digest});
  CHECK(ack.chain == protocol::to_hex(link));
  const auto second = ann.sends(room, "again");
  CHECK(second.seq == 2);
  CHECK(second.salt != ack.salt);
  CLAUSE("`time` never goes back within a room");
  CHECK(second.time >= ack.time);
}

SCENARIO("a send needs no join") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  CLAUSE("without one, nothing but its `ack` comes back");
  CHECK(ann.sends(room, "one").seq == 1);
  bob.sends(room, "two");
  CHECK(ann.sends(room, "three").seq == 3);
  CHECK(ann.settled().empty());
}

SCENARIO("a retry gets the first seq") {
  const auto room = fresh_room();
  const auto user = fresh_user();
  live_client ann{the_node(), user};
  const auto cid = new_cid();
  const auto first = ann.sends(room, "hello", cid);
  ann.sends(room, "in between");
  CLAUSE("`(room, user, cid)` is stored at most once. A retry gets the first `seq` again with `dup:true`");
  const auto again = ann.sends(room, "hello", cid);
  CHECK(again.dup);
  CHECK(again.seq == first.seq);
  CHECK(again.time == first.time);
  CHECK(again.chain == first.chain);
  CHECK(again.salt == first.salt);
  SECTION("from another connection") {
    live_client phone{the_node(), user};
    CHECK(phone.sends(room, "hello", cid).seq == first.seq);
  }
  SECTION("another user's cid is another message") {
    live_client bob{the_node(), fresh_user()};
    const auto other = bob.sends(room, "hello", cid);
    CHECK_FALSE(other.dup);
    CHECK(other.seq == 3);
  }
  SECTION("in another room it is another message") { CHECK_FALSE(ann.sends(fresh_room(), "hello", cid).dup); }
  SECTION("with another body it is refused") {
    CLAUSE("The same cid with another body is refused with `conflict`, `retry:\"never\"` and the `seq` of the first");
    const auto refused = ann.refused_send(room, "other", cid);
    CHECK(refused.code == code::conflict);
    CHECK(refused.retry == retry::never);
    CHECK(refused.cid == cid);
    CHECK(refused.seq == first.seq);
  }
  SECTION("nobody else hears of it") {
    live_client bob{the_node(), fresh_user()};
    bob.joins(room);
    ann.sends(room, "hello", cid);
    ann.sends(room, "next");
    CHECK(bob.next_message().body == "next");
  }
}

SCENARIO("a second attempt joins the first in flight") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client phone{the_node(), ann.user()};
  const auto cid = new_cid();
  CLAUSE("While the first attempt is still in flight a second one joins it, and both connections get the one ack");
  for (int i = 1; i <= 20; ++i) {
    const auto one_cid = new_cid();
    const auto id = ann.starts(say::send{.room = room, .cid = one_cid, .body = "x"});
    const auto other = phone.starts(say::send{.room = room, .cid = one_cid, .body = "x"});
    const auto first = std::get<hear::ack>(ann.answer_to(id));
    const auto second = std::get<hear::ack>(phone.answer_to(other));
    CHECK(first.seq == second.seq);
    CHECK(first.seq == static_cast<seq_t>(i));
    CHECK(first.chain == second.chain);
  }
}

SCENARIO("the time inside a cid") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  ann.sends(room, "one");
  const auto now = ann.welcome().time;
  constexpr protocol::time_ms day = 24 * 3600 * 1000;
  SECTION("behind, above the floor") { CHECK(ann.sends(room, "old", new_cid(now - 20 * day)).seq == 2); }
  SECTION("far ahead") {
    CLAUSE("A cid more than a day ahead of the room's time is refused with `bad_request`");
    CHECK(ann.refused_send(room, "new", new_cid(now + 25 * 3600 * 1000)).code == code::bad_request);
  }
  SECTION("a little ahead") { CHECK(ann.sends(room, "new", new_cid(now + 3600 * 1000)).seq == 2); }
}

SCENARIO("acks stand in the stream at their own seq") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  ann.joins(room);
  bob.joins(room);
  for (int i = 0; i < 8; ++i) {
    ann.starts(say::send{.room = room, .cid = new_cid(), .body = "a" + std::to_string(i)});
    bob.starts(say::send{.room = room, .cid = new_cid(), .body = "b" + std::to_string(i)});
  }
  CLAUSE("on the sending connection the `ack` stands in the stream at its own `seq`, in place of the `message`");
  std::vector<seq_t> order;
  ann.wait(
    [&] {
      while (const auto push = ann.take_any()) {
        if (const auto* ack = std::get_if<hear::ack>(&*push))
          order.push_back(ack->seq);
        else if (const auto* message = std::get_if<hear::message>(&*push))
          order.push_back(message->from == bob.user() ? message->seq : 0);
        else if (const auto* error = std::get_if<hear::error>(&*push))
          FAIL(error->message);
      }
      return order.size() >= 16;
    },
    "sixteen messages");
  std::vector<seq_t> expected(16);
  for (std::size_t i = 0; i < expected.size(); ++i)
    expected[i] = i + 1;
  CHECK(order == expected);
}

SCENARIO("one's other connections get the message with its cid") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client phone{the_node(), ann.user()};
  ann.joins(room);
  phone.joins(room);
  const auto ack = ann.sends(room, "hello");
  const auto seen = phone.next_message();
  CHECK(seen.cid == ack.cid);
  CHECK(seen.from == ann.user());
  CHECK(seen.seq == ack.seq);
  CHECK(seen.time == ack.time);
  CHECK(seen.salt == ack.salt);
  CHECK(seen.kind == "text");
}

SCENARIO("a refused send does not hold back later ones") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  const auto a = ann.starts(say::send{.room = room, .cid = new_cid(), .body = "a"});
  const auto b = ann.starts(say::send{.room = room, .cid = new_cid(), .body = "b", .kind = "edit", .target = 99});
  const auto c = ann.starts(say::send{.room = room, .cid = new_cid(), .body = "c"});
  CHECK(std::get<hear::ack>(ann.answer_to(a)).seq == 1);
  CHECK(std::get<hear::error>(ann.answer_to(b)).code == code::not_found);
  CHECK(std::get<hear::ack>(ann.answer_to(c)).seq == 2);
}

SCENARIO("edits, deletes and reactions") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  bob.joins(room);
  const auto send = [&](live_client& who, const char* kind, seq_t target, const std::string& body) {
    return who.sends({.room = room, .body = body, .kind = kind, .target = target});
  };
  const auto refuse = [&](live_client& who, const char* kind, seq_t target, const std::string& body) {
    return who.refused(say::send{.room = room, .cid = new_cid(), .body = body, .kind = kind, .target = target}).code;
  };
  const auto words = ann.sends(room, "helo");

  CLAUSE("All of them have their own `seq`, ack and place in the chain");
  const auto edit = send(ann, "edit", 1, "hello");
  CHECK(edit.seq == 2);
  CHECK(send(bob, "reaction", 1, "👍").seq == 3);
  bob.next_message();
  const auto pushed = bob.next_message();
  CHECK(pushed.kind == "edit");
  CHECK(pushed.target == words.seq);
  CHECK(pushed.body == "hello");

  CLAUSE("a message shows its last edit's body; `edited` time of the last edit; `reactions` those not taken back");
  auto page = ann.fetches({.room = room, .after = 0});
  REQUIRE(page.messages.size() == 3);
  CHECK(page.messages[0].body == "hello");
  CHECK(page.messages[0].edited == edit.time);
  REQUIRE(page.messages[0].reactions);
  CHECK(*page.messages[0].reactions == std::vector<protocol::reaction>{{"👍", {bob.user()}}});

  CLAUSE("raw: as it was sent");
  page = ann.fetches({.room = room, .after = 0, .raw = true});
  CHECK(page.messages[0].body == "helo");
  CHECK_FALSE(page.messages[0].edited);
  CHECK(page.messages[1].target == 1);

  CLAUSE("A target that does not exist is `not_found`; someone else's is `forbidden`; the wrong kind is `bad_request`");
  CHECK(refuse(ann, "edit", 99, "x") == code::not_found);
  CHECK(refuse(bob, "edit", 1, "x") == code::forbidden);
  CHECK(refuse(bob, "delete", 1, "") == code::forbidden);
  CHECK(refuse(ann, "edit", 2, "x") == code::bad_request);
  CHECK(refuse(ann, "reaction", 2, "👍") == code::bad_request);

  CLAUSE("a `delete` of a reaction's seq takes the reaction back");
  send(bob, "delete", 3, "");
  page = ann.fetches({.room = room, .after = 0});
  CHECK((!page.messages[0].reactions || page.messages[0].reactions->empty()));

  CLAUSE("A `delete` erases body and salt of the target and of all its edits, from raw pages too; their digests stay");
  const auto head = send(ann, "delete", 1, "");
  page = ann.fetches({.room = room, .after = 0});
  CHECK_FALSE(page.messages[0].body);
  CHECK(page.messages[0].deleted == true);
  page = ann.fetches({.room = room, .after = 0, .raw = true});
  for (const auto i : {0, 1, 2}) {
    CHECK_FALSE(page.messages[static_cast<std::size_t>(i)].body);
    CHECK_FALSE(page.messages[static_cast<std::size_t>(i)].salt);
    CHECK(page.messages[static_cast<std::size_t>(i)].digest);
  }
  CHECK(refuse(ann, "edit", 1, "x") == code::not_found);
  CHECK(refuse(bob, "reaction", 1, "👍") == code::not_found);
  CHECK(refuse(ann, "delete", 1, "") == code::not_found);

  CLAUSE("so the chain still holds");
  auto link = *protocol::digest_from_hex(page.prev);
  for (const auto& one : page.messages) {
    const auto digest = one.digest ? *protocol::digest_from_hex(*one.digest)
                                   : protocol::body_digest(*protocol::salt_from_hex(*one.salt), *one.body);
    link = protocol::chain_next(
      link, {one.seq, one.time, one.from, one.cid, one.kind, one.reply_to.value_or(0), one.target.value_or(0), digest});
  }
  CHECK(protocol::to_hex(link) == head.chain);
}

SCENARIO("replies and kinds") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  bob.joins(room);
  ann.sends(room, "question");
  ann.sends({.room = room, .body = "answer", .reply_to = 1});
  ann.sends({.room = room, .body = "e2-e4", .kind = "x-chess-move"});
  bob.next_message();
  CHECK(bob.next_message().reply_to == 1);
  CHECK(bob.next_message().kind == "x-chess-move");
  const auto refuse = [&](say::send what) {
    what.room = room;
    what.cid = new_cid();
    return live_client{the_node(), fresh_user()}.refused(what).code; // Each has its own three strikes.
  };
  CLAUSE("`system`: the server only");
  CHECK(refuse({.body = "x", .kind = "system"}) == code::bad_request);
  CHECK(refuse({.body = "x", .kind = "banana"}) == code::bad_request);
  CHECK(refuse({.body = "x", .kind = "x-"}) == code::bad_request);
  CHECK(refuse({.body = "x", .kind = "x-" + std::string(31, 'a')}) == code::bad_request);
  CLAUSE("`reply_to` is for `text` and `x-…`; `target` is refused for `text`");
  CHECK(refuse({.body = "x", .target = 1}) == code::bad_request);
  CHECK(refuse({.body = "x", .kind = "edit"}) == code::bad_request);
  CHECK(refuse({.body = "x", .kind = "delete", .target = 1}) == code::bad_request);
}
