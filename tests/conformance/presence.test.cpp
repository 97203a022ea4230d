#include "tests/conformance/setting.hpp"

using namespace troupe;
using namespace troupe::tests;
using words = std::vector<std::string>;

SCENARIO("people come and go") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user("ann-")};
  const auto first = ann.joins(room);
  REQUIRE(first.presence);
  auto bob = std::make_unique<live_client>(the_node(), fresh_user("bob-"));
  const auto name = bob->user();
  const auto joined = bob->joins(room);
  REQUIRE(joined.presence);
  CHECK(joined.presence->users == words{ann.user(), name});

  CLAUSE("`presence{room, version, join:[user], leave:[{user, why}]}`: a change. `version` grows by one with each");
  // One's own coming may be told to oneself as well; what is wanted is the change that names bob.
  auto change = ann.next<hear::presence>();
  while (!change.join || *change.join != words{name})
    change = ann.next<hear::presence>();
  const auto version = change.version;
  CHECK(version > first.presence->version);

  const auto now = ann.who(room);
  CHECK(now.re);
  REQUIRE(now.users);
  CHECK(*now.users == words{ann.user(), name});
  CHECK(now.version == version);

  GIVEN("a second device of the same user") {
    CLAUSE("a user joins with the first session and leaves with the last");
    live_client phone{the_node(), name};
    phone.joins(room);
    phone.leaves(room);
    ann.lives_for(600ms); // twice the grace
    CHECK_FALSE(ann.take<hear::presence>());
  }
  GIVEN("a leave") {
    bob->leaves(room);
    change = ann.next<hear::presence>();
    REQUIRE(change.leave);
    REQUIRE(change.leave->size() == 1);
    CHECK(change.leave->front().user == name);
    CHECK(change.leave->front().why == "left");
    CHECK(change.version == version + 1);
  }
  GIVEN("a lost connection") {
    CLAUSE("`why` is `left`, `timeout` or `node_lost`");
    bob->vanishes();
    change = ann.next<hear::presence>();
    REQUIRE(change.leave);
    CHECK(change.leave->front().user == name);
    CHECK(change.leave->front().why == "timeout");
  }
}

SCENARIO("who comes back within the grace was never away") {
  const auto room = fresh_room("calm/");
  live_client ann{the_node(), fresh_user("ann-")};
  ann.joins(room);
  auto bob = std::make_unique<live_client>(the_node(), fresh_user("bob-"));
  const auto name = bob->user();
  bob->joins(room);
  ann.wait([&] { return ann.who(room).users == words{ann.user(), name}; }, "bob");
  ann.settled();
  CLAUSE("A leave is told only after a grace, so restarts do not flap");
  bob->vanishes();
  bob = std::make_unique<live_client>(the_node(), name);
  bob->joins(room);
  ann.lives_for(3s);
  CHECK_FALSE(ann.take<hear::presence>());
  CHECK(ann.who(room).users == words{ann.user(), name});
}

SCENARIO("somebody is typing") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  ann.joins(room);
  bob.joins(room);
  bob.tells(say::typing{.room = room});
  const auto seen = ann.next<hear::typing>();
  CHECK(seen.room == room);
  CHECK(seen.user == bob.user());
  CLAUSE("≤ 1 per 3 s");
  for (int i = 0; i < 5; ++i)
    bob.tells(say::typing{.room = room});
  bob.sends(room, "done");
  ann.next_message();
  CHECK_FALSE(ann.take<hear::typing>());
  CLAUSE("push `typing` to others");
  CHECK_FALSE(bob.take<hear::typing>());
  CLAUSE("It needs a `join`");
  live_client carol{the_node(), fresh_user()};
  carol.tells(say::typing{.room = room});
  CHECK(carol.next_error().code != protocol::code::internal);
}

SCENARIO("read marks rise") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  ann.joins(room);
  bob.joins(room);
  for (int i = 0; i < 3; ++i)
    ann.sends(room, "x");
  const auto last_mark = [&](seq_t read, seq_t recv) {
    hear::marks seen;
    ann.wait(
      [&] {
        while (auto one = ann.take<hear::marks>())
          for (const auto& mark : one->marks)
            if (mark.user == bob.user() && mark.read == read && mark.recv == recv)
              return true;
        return false;
      },
      "the mark");
    return true;
  };
  CLAUSE("`marks{room, marks:[{user, read, recv}]}`; what is read is also received");
  bob.tells(say::mark{.room = room, .recv = 2});
  CHECK(last_mark(0, 2));
  bob.tells(say::mark{.room = room, .read = 2});
  CHECK(last_mark(2, 2));
  CLAUSE("never exceed the head");
  bob.tells(say::mark{.room = room, .read = 99});
  CHECK(last_mark(3, 3));
  CLAUSE("They only rise");
  bob.tells(say::mark{.room = room, .read = 1});
  bob.sends(room, "fence");
  ann.next_message();
  CHECK_FALSE(ann.take<hear::marks>());
  CHECK(bob.inbox().rooms.at(0).read == 3);
  CLAUSE("Who joined a room gets the marks that it has in a `marks` right behind the answer to `presence`");
  live_client cat{the_node(), fresh_user()};
  cat.joins(room);
  cat.who(room);
  CHECK(cat.next<hear::marks>().marks == std::vector{protocol::user_mark{bob.user(), 3, 3}});
  CLAUSE("at least one");
  bob.tells(say::mark{.room = room});
  CHECK(bob.next_error().code == protocol::code::bad_request);
}

SCENARIO("want names what is wanted") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  const auto joined = ann.joins(room, {}, {}, words{});
  CLAUSE("all when absent, none when empty");
  CHECK_FALSE(joined.presence);
  live_client bob{the_node(), fresh_user()};
  bob.joins(room);
  bob.tells(say::typing{.room = room});
  bob.sends(room, "hello");
  bob.tells(say::mark{.room = room, .read = 1});
  bob.next<hear::marks>();
  ann.next_message();
  bob.sends(room, "fence");
  ann.next_message();
  CHECK_FALSE(ann.take<hear::presence>());
  CHECK_FALSE(ann.take<hear::typing>());
  CHECK_FALSE(ann.take<hear::marks>());
  CLAUSE("Other words are ignored");
  ann.joins(room, {}, {}, words{"typing", "weather"});
}

SCENARIO("activity in rooms one belongs to but has not joined") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  ann.joins(room);
  ann.leaves(room);
  CLAUSE("at most once a second for a room one belongs to but has not joined on this connection");
  for (int i = 0; i < 5; ++i)
    bob.sends(room, "hello");
  const auto seen = ann.next<hear::activity>();
  CHECK(seen.room == room);
  CHECK(seen.from == bob.user());
  CHECK(seen.seq >= 1);
  CHECK_FALSE(ann.take<hear::message>());
}

SCENARIO("direct messages") {
  const auto a = fresh_user("dm-a-");
  const auto b = fresh_user("dm-b-");
  const auto room = "dm:" + std::min(a, b) + ':' + std::max(a, b);
  live_client ann{the_node(), a};
  live_client bob{the_node(), b};
  live_client eve{the_node(), fresh_user("eve-")};
  CLAUSE("It comes into being, and into both inboxes, with its first message");
  ann.joins(room);
  CHECK(ann.inbox().rooms.empty());
  CHECK(ann.sends(room, "psst").seq == 1);
  ann.wait([&] { return ann.inbox().rooms.size() == 1; }, "the inbox");
  CHECK(ann.inbox().rooms[0].room == room);
  bob.wait([&] { return bob.inbox().rooms.size() == 1; }, "the inbox");
  const auto joined = bob.joins(room);
  CHECK(bodies(joined.messages) == words{"psst"});
  bob.sends(room, "what?");
  CHECK(ann.next_message().body == "what?");

  CLAUSE("Only those two may use it; for everyone else it does not exist");
  const auto join = eve.refused(say::join{.room = room}).code;
  CHECK((join == protocol::code::not_found || join == protocol::code::forbidden));
  CHECK(eve.refused_send(room, "hi").code == join);
  CHECK(eve.refused(say::fetch{.room = room, .limit = 10}).code == join);
  CHECK(eve.refused(say::presence{.room = room}).code == join);
  CLAUSE("`forbidden` and `not_found` look alike for private rooms");
  const auto other = eve.refused(say::join{.room = "dm:" + a + "x:" + b + "y"});
  CHECK(other.code == join);
  for (const auto& name :
       {"dm:" + std::max(a, b) + ':' + std::min(a, b), "dm:" + a + ':' + a, "dm:" + a, std::string("dm:")}) {
    INFO(name);
    CHECK(std::holds_alternative<hear::error>(ann.asks(say::join{.room = name})));
  }
}
