#include "tests/conformance/setting.hpp"

#include "protocol/chain.hpp"

using namespace troupe;
using namespace troupe::tests;

SCENARIO("joining an empty room") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  const auto joined = ann.joins(room);
  CHECK(joined.room == room);
  CHECK_FALSE(joined.epoch.empty());
  CHECK(joined.head == 0);
  CLAUSE("`min` the oldest seq still held (`head + 1` when none is)");
  CHECK(joined.min == 1);
  CHECK(joined.recovered);
  CHECK(joined.messages.empty());
  CHECK_FALSE(joined.more);
  CHECK(joined.me.role == "member");
  CLAUSE("start = SHA-256(room ‖ epoch)");
  CHECK(joined.chain == protocol::to_hex(protocol::chain_start(room, joined.epoch)));
  REQUIRE(joined.presence);
  CHECK(joined.presence->users == std::vector{ann.user()});
}

SCENARIO("joining a room with history") {
  const auto room = fresh_room();
  live_client bob{the_node(), fresh_user()};
  hear::ack last;
  for (int i = 1; i <= 10; ++i)
    last = bob.sends(room, std::to_string(i));
  live_client ann{the_node(), fresh_user()};

  GIVEN("no position") {
    CLAUSE("`messages` are the newest ones, at most `limit`, `more` says that older ones exist");
    const auto joined = ann.joins(room, {}, 3);
    CHECK(bodies(joined.messages) == std::vector<std::string>{"8", "9", "10"});
    CHECK(joined.more);
    CHECK(joined.recovered);
    CHECK(joined.head == 10);
    CHECK(joined.chain == last.chain);
    CHECK(ann.joins(room, {}, 0).messages.empty());
  }
  GIVEN("a position") {
    CLAUSE("`messages` are those after `since.seq`");
    const auto joined = ann.joins(room, protocol::position{last.epoch, 7});
    CHECK(joined.recovered);
    CHECK(bodies(joined.messages) == std::vector<std::string>{"8", "9", "10"});
    CHECK_FALSE(joined.more);
    CHECK(ann.joins(room, protocol::position{last.epoch, 10}).messages.empty());
    CHECK(ann.joins(room, protocol::position{last.epoch, 0}).messages.size() == 10);
  }
  GIVEN("a position and a limit") {
    CLAUSE(
      "a `joined` to a `since` with `more:true`: the room's pushes stop until a `fetch{after}` answers `more:false`");
    const auto joined = ann.joins(room, protocol::position{last.epoch, 2}, 3);
    CHECK(joined.recovered);
    CHECK(joined.more);
    CHECK(seqs(joined.messages) == std::vector<seq_t>{3, 4, 5});
    bob.sends(room, "11");
    const auto page = ann.fetches({.room = room, .after = 5, .limit = 3});
    CHECK(seqs(page.messages) == std::vector<seq_t>{6, 7, 8});
    CHECK(page.more);
    const auto rest = ann.fetches({.room = room, .after = 8});
    CHECK(seqs(rest.messages) == std::vector<seq_t>{9, 10, 11});
    CHECK_FALSE(rest.more);
    bob.sends(room, "12");
    CLAUSE("pushes go on exactly from the end of that page");
    CHECK(ann.next_message().seq == 12);
    ann.pings();
    CHECK_FALSE(ann.take<hear::message>());
  }
  GIVEN("a position that cannot be") {
    CLAUSE("`recovered:false`: another `epoch`, a `seq` beyond the head");
    const auto other = ann.joins(room, protocol::position{"not-this-epoch", 7}, 2);
    CHECK_FALSE(other.recovered);
    CHECK(bodies(other.messages) == std::vector<std::string>{"9", "10"});
    const auto beyond = ann.joins(room, protocol::position{last.epoch, 11}, 2);
    CHECK_FALSE(beyond.recovered);
    CHECK(bodies(beyond.messages) == std::vector<std::string>{"9", "10"});
    bob.sends(room, "11");
    CHECK(ann.next_message().seq == 11);
  }
}

SCENARIO("retention is told") {
  const auto room = fresh_room("short/");
  live_client ann{the_node(), fresh_user()};
  hear::ack last;
  for (int i = 1; i <= 400; ++i)
    last = ann.sends(room, std::to_string(i));
  live_client bob{the_node(), fresh_user()};
  auto joined = bob.joins(room, protocol::position{last.epoch, 1});
  for (int i = 0; i < 100 && joined.min == 1; ++i) { // Pruning comes in its own time.
    last = ann.sends(room, "more");
    bob.lives_for(50ms);
    joined = bob.joins(room, protocol::position{last.epoch, 1});
  }
  REQUIRE(joined.min > 1);
  CLAUSE("`recovered:false`: events out of retention. Then `messages` are the newest ones");
  CHECK_FALSE(joined.recovered);
  REQUIRE_FALSE(joined.messages.empty());
  CHECK(joined.messages.back().seq == joined.head);

  CLAUSE("the last dropped value is kept as an anchor by retention");
  const auto raw = bob.fetches({.room = room, .after = joined.min - 1, .raw = true});
  REQUIRE_FALSE(raw.messages.empty());
  CHECK(raw.messages.front().seq == raw.min);
  auto link = *protocol::digest_from_hex(raw.prev);
  for (const auto& one : raw.messages) {
    const auto digest = protocol::body_digest(*protocol::salt_from_hex(*one.salt), *one.body);
    link = protocol::chain_next(link, {one.seq, one.time, one.from, one.cid, one.kind, 0, 0, digest});
  }
  CHECK(protocol::to_hex(link) == bob.joins(room).chain);

  CLAUSE("The memory of cids outlives the messages");
  const auto cid = new_cid();
  const auto first = ann.sends(room, "once", cid);
  for (int i = 0; i < 10; ++i)
    ann.sends(room, "filler");
  const auto again = ann.sends(room, "once", cid);
  CHECK(again.dup);
  CHECK(again.seq == first.seq);

  CLAUSE("a cid older than the floor is refused with `conflict` without `seq`");
  const auto refused = ann.refused_send(room, "old", new_cid(first.time - 40LL * 24 * 3600 * 1000));
  CHECK(refused.code == protocol::code::conflict);
  CHECK_FALSE(refused.seq);
  CHECK(refused.retry == protocol::retry::never);
}

SCENARIO("leaving") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  ann.joins(room);
  ann.sends(room, "one");
  CLAUSE("`leave` ends this connection's subscription. It is idempotent");
  ann.leaves(room);
  ann.leaves(room);
  ann.leaves(fresh_room());
  bob.sends(room, "two");
  ann.joins(room);
  bob.sends(room, "three");
  CHECK(ann.next_message().body == "three"); // "two" was not pushed
  CHECK_FALSE(ann.take<hear::message>());

  CLAUSE("with `forget:true` the user's other connections get `closed{reason:\"left\"}`");
  live_client phone{the_node(), ann.user()};
  phone.joins(room);
  ann.leaves(room, true);
  const auto closed = phone.next<hear::closed>();
  CHECK(closed.room == room);
  CHECK(closed.reason == "left");
  bob.sends(room, "four");
  phone.joins(room);
  bob.sends(room, "five");
  CHECK(phone.next_message().body == "five");
}

SCENARIO("a memory room that restarts is a new one") {
  node server = node::started({.durability = "memory"});
  const auto room = fresh_room();
  protocol::position at;
  {
    live_client ann{server, "ann"};
    const auto ack = ann.sends(room, "one");
    CHECK(ack.durable == protocol::durability::memory);
    at = {ack.epoch, ack.seq};
  }
  server.kill();
  server.start();
  live_client ann{server, "ann"};
  CLAUSE("`epoch` changes when the log was lost; a client with another epoch is told `recovered:false`");
  const auto joined = ann.joins(room, at);
  CHECK(joined.epoch != at.epoch);
  CHECK_FALSE(joined.recovered);
  CHECK(ann.sends(room, "anew").seq == 1);
}

SCENARIO("a durable room that restarts is the same") {
  node server = node::started({});
  const auto room = fresh_room();
  hear::ack first;
  {
    live_client ann{server, "ann"};
    ann.joins(room);
    first = ann.sends(room, "one");
    CHECK(first.durable == protocol::durability::disk);
  }
  SECTION("killed") {
    server.kill();
    server.start();
  }
  SECTION("asked to stop") {
    CHECK(server.stop() == 0);
    server.start();
  }
  live_client ann{server, "ann"};
  const auto joined = ann.joins(room, protocol::position{first.epoch, 0});
  CHECK(joined.epoch == first.epoch);
  CHECK(joined.recovered);
  CHECK(bodies(joined.messages) == std::vector<std::string>{"one"});
  CHECK(joined.chain == first.chain);
  const auto again = ann.sends(room, "one", first.cid);
  CHECK(again.dup);
  CHECK(again.seq == first.seq);
  CHECK(ann.inbox().rooms.size() == 1);
}

SCENARIO("the ring of a memory room") {
  const auto room = fresh_room("mem/");
  live_client ann{the_node(), fresh_user()};
  hear::ack last;
  for (int i = 1; i <= 20; ++i)
    last = ann.sends(room, std::to_string(i));
  const auto joined = ann.joins(room, protocol::position{last.epoch, 15});
  CHECK(joined.recovered);
  CHECK(seqs(joined.messages) == std::vector<seq_t>{16, 17, 18, 19, 20});
  CHECK(joined.min <= 13);
  CHECK(joined.min > 1);
  CHECK_FALSE(ann.joins(room, protocol::position{last.epoch, 1}).recovered);
}

SCENARIO("a room that is full") {
  const auto room = fresh_room("two/");
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  live_client carol{the_node(), fresh_user()};
  ann.joins(room);
  bob.joins(room);
  CHECK(carol.refused(say::join{.room = room}).code == protocol::code::overloaded);
  bob.leaves(room);
  carol.joins(room);
}
