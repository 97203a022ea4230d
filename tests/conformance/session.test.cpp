#include "tests/conformance/setting.hpp"

using namespace troupe;
using namespace troupe::tests;

SCENARIO("hello is answered by welcome") {
  const auto user = fresh_user();
  live_client ann{the_node(), user};
  CLAUSE("`session` names this device's session, `user` is who one is, `node` where");
  CHECK(ann.welcome().user == user);
  CHECK(ann.welcome().node == "node-t");
  CHECK_FALSE(ann.welcome().session.empty());
  CHECK_FALSE(ann.welcome().resume.empty());
  CHECK(ann.welcome().ping_ms == 25'000);
  CHECK(ann.welcome().limits.frame == 64 * 1024);
  CHECK(ann.welcome().limits.body == 16 * 1024);
  CHECK(ann.welcome().limits.inflight == 8);
  CHECK(ann.welcome().time > 1'600'000'000'000);
}

SCENARIO("who says nothing is closed after 5 s") {
  CLAUSE("`hello` is the first frame, within 5 s of the upgrade, else close 4401");
  live_client silent{the_node().where(), {}};
  CHECK(silent.loses_connection().code == 4401);
}

SCENARIO("hello comes first, once, and with a name") {
  SECTION("another frame first") {
    live_client hasty{the_node().where(), {}};
    const auto answer = hasty.refused(say::join{.room = "lounge"});
    CHECK(answer.retry != protocol::retry::same);
    CHECK(hasty.loses_connection().code >= 4400);
  }
  SECTION("a second hello") {
    live_client ann{the_node(), fresh_user()};
    ann.refused(say::hello{.user = "other"});
    CHECK(ann.connected());
    ann.pings();
  }
  SECTION("neither user nor token") {
    live_client nobody{the_node().where(), {}};
    CHECK(nobody.refused(say::hello{}).code == protocol::code::unauthorized);
    CHECK(nobody.loses_connection().code == 4401);
  }
  SECTION("a name outside the alphabet") {
    for (const auto* name : {"", "ann bob", "änn", "a/b", "<script>", "a\nb"}) {
      INFO(name);
      live_client nobody{the_node().where(), {}};
      CHECK(nobody.refused(say::hello{.user = name}).code == protocol::code::bad_request);
    }
  }
  SECTION("one past the longest name") {
    live_client longest{the_node(), std::string(64, 'u')};
    CHECK(longest.welcome().user == std::string(64, 'u'));
    live_client nobody{the_node().where(), {}};
    CHECK(nobody.refused(say::hello{.user = std::string(65, 'u')}).code == protocol::code::bad_request);
  }
}

SCENARIO("requests behind hello wait for the welcome") {
  CLAUSE("Requests sent right behind it wait for the `welcome` and are then done in order");
  live_client ann{the_node().where(), {}};
  const auto room = fresh_room();
  const auto hello = ann.starts(say::hello{.user = fresh_user()});
  const auto join = ann.starts(say::join{.room = room});
  const auto send = ann.starts(say::send{.room = room, .cid = new_cid(), .body = "first"});
  CHECK(std::holds_alternative<hear::welcome>(ann.answer_to(hello)));
  CHECK(std::holds_alternative<hear::joined>(ann.answer_to(join)));
  CHECK(std::holds_alternative<hear::ack>(ann.answer_to(send)));
}

SCENARIO("a ping is answered with the server's time") {
  live_client ann{the_node(), fresh_user()};
  const auto pong = std::get<hear::pong>(ann.asks(say::ping{}));
  CHECK(pong.time >= ann.welcome().time);
}

SCENARIO("a session resumes") {
  const auto user = fresh_user();
  auto first = std::make_unique<live_client>(the_node(), user);
  const auto welcome = first->welcome();

  GIVEN("its connection was lost") {
    first->vanishes();
    first.reset();
    CLAUSE("Presented after the connection was lost it continues the session");
    // The node learns of the loss a moment after us.
    std::string session;
    for (int i = 0; i < 50 && session != welcome.session; ++i) {
      live_client again{the_node().where(), {.user = user, .resume = welcome.resume}};
      session = again.welcome().session;
      again.closes();
    }
    CHECK(session == welcome.session);
  }
  GIVEN("it is still connected") {
    CLAUSE("presented while that session is still connected it yields a fresh one and disturbs nobody");
    live_client tab{the_node().where(), {.user = user, .resume = welcome.resume}};
    CHECK(tab.welcome().session != welcome.session);
    first->pings();
  }
  GIVEN("a resume that was tampered with") {
    auto forged = welcome.resume;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    live_client other{the_node().where(), {.user = user, .resume = forged}};
    CHECK(other.welcome().session != welcome.session);
  }
  GIVEN("somebody else's resume") {
    live_client thief{the_node().where(), {}};
    const auto id = thief.starts(say::hello{.user = fresh_user(), .resume = welcome.resume});
    const auto answer = thief.answer_to(id);
    if (const auto* got = std::get_if<hear::welcome>(&answer))
      CHECK(got->session != welcome.session);
    else
      CHECK(std::get<hear::error>(answer).code == protocol::code::unauthorized);
  }
}

SCENARIO("rooms go on from their own position") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  const auto bob_name = fresh_user();
  protocol::position at;
  {
    live_client bob{the_node(), bob_name};
    bob.joins(room);
    ann.sends(room, "one");
    const auto seen = bob.next_message();
    at = {seen.epoch, seen.seq};
  }
  ann.sends(room, "two");
  ann.sends(room, "three");
  CLAUSE("`welcome`, then one `joined` without `re` per room of `rooms`");
  live_client bob{the_node().where(), {.user = bob_name, .rooms = {{room, at.epoch, at.seq}}}};
  const auto joined = bob.next<hear::joined>();
  CHECK_FALSE(joined.re);
  CHECK(joined.recovered);
  CHECK(bodies(joined.messages) == std::vector<std::string>{"two", "three"});
  CHECK_FALSE(joined.more);
  ann.sends(room, "four");
  CHECK(bob.next_message().body == "four");

  CLAUSE("a room may stand there once");
  live_client twice{the_node().where(), {}};
  CHECK(twice.refused(say::hello{.user = fresh_user(), .rooms = {{room, "e", 1}, {room, "e", 2}}}).code ==
        protocol::code::bad_request);
}

SCENARIO("the inbox") {
  const auto user = fresh_user();
  const auto other = fresh_user();
  live_client ann{the_node(), user};
  live_client bob{the_node(), other};
  const auto b = fresh_room("inbox-b-");
  const auto a = fresh_room("inbox-a-");
  ann.joins(b);
  ann.joins(a);
  bob.sends(b, "one");
  bob.sends(b, "two");
  ann.tells(say::mark{.room = b, .read = 1});
  ann.next<hear::marks>();
  CLAUSE("the rooms one belongs to, in byte order of their names, with their `head`, one's own `read` mark and `role`");
  hear::rooms inbox;
  ann.wait([&] { return (inbox = ann.inbox()).rooms.size() == 2 && inbox.rooms[1].read == 1; }, "the stored mark");
  CHECK_FALSE(inbox.more);
  CHECK(inbox.rooms[0].room == a);
  CHECK(inbox.rooms[0].head == 0);
  CHECK(inbox.rooms[0].role == "member");
  CHECK(inbox.rooms[1].room == b);
  CHECK(inbox.rooms[1].head == 2);
  CHECK(inbox.rooms[1].read == 1);
  CLAUSE("With `more:true` ask again with `after` = the last name");
  const auto rest = ann.inbox(a);
  REQUIRE(rest.rooms.size() == 1);
  CHECK(rest.rooms[0].room == b);

  CLAUSE("A plain `leave` ends only this connection's subscription; `leave{forget:true}` ends the belonging");
  ann.leaves(a);
  CHECK(ann.inbox().rooms.size() == 2);
  ann.leaves(a, true);
  CHECK(ann.inbox().rooms.size() == 1);

  CLAUSE("In durable rooms that outlives everything");
  ann.closes();
  live_client again{the_node(), user};
  CHECK(again.inbox().rooms.size() == 1);
}

SCENARIO("the bounds of a user and a connection") {
  const auto user = fresh_user();
  live_client ann{the_node(), user};
  SECTION("rooms of a connection") {
    for (int i = 0; i < 4; ++i)
      ann.joins(fresh_room());
    const auto refused = ann.refused(say::join{.room = fresh_room()});
    CHECK((refused.code == protocol::code::overloaded || refused.code == protocol::code::rate_limited));
    ann.pings();
  }
  SECTION("rooms of a user") {
    for (int i = 0; i < 6; ++i) {
      const auto room = fresh_room();
      ann.joins(room);
      ann.leaves(room);
    }
    const auto answer = ann.asks(say::join{.room = fresh_room()});
    CHECK(std::holds_alternative<hear::error>(answer));
    CHECK(ann.inbox().rooms.size() == 6);
  }
  SECTION("sessions of a user") {
    live_client second{the_node(), user};
    live_client third{the_node(), user};
    live_client fourth{the_node().where(), {}};
    CHECK(std::holds_alternative<hear::error>(fourth.asks(say::hello{.user = user})));
    ann.pings();
  }
  SECTION("sends under way") {
    CLAUSE("`limits.inflight` the most sends without an ack");
    const auto room = fresh_room();
    std::vector<protocol::request_id> asked;
    for (int i = 0; i < 40; ++i)
      asked.push_back(ann.starts(say::send{.room = room, .cid = new_cid(), .body = std::to_string(i)}));
    seq_t last = 0;
    for (const auto id : asked) {
      const auto answer = ann.answer_to(id);
      if (const auto* error = std::get_if<hear::error>(&answer)) {
        CHECK(error->code == protocol::code::rate_limited);
        CHECK(error->retry == protocol::retry::after);
        CHECK(error->cid);
      } else {
        CHECK(std::get<hear::ack>(answer).seq == ++last); // "A refused send does not hold back later ones"
      }
    }
    CHECK(last >= 8);
  }
}

SCENARIO("who is gone before `welcome` leaves no session behind") {
  const auto user = fresh_user();
  for (int i = 0; i < 200; ++i) { // Many more than the three sessions that a user may have.
    live_client hasty{the_node().where(), {}};
    hasty.starts(say::hello{.user = user});
    hasty.vanishes();
  }
  bool welcome = false;
  for (const auto until = std::chrono::steady_clock::now() + 30s;
       !welcome && std::chrono::steady_clock::now() < until;) {
    live_client ann{the_node().where(), {}};
    welcome = std::holds_alternative<hear::welcome>(ann.asks(say::hello{.user = user}));
  }
  CHECK(welcome);
}

SCENARIO("lists of rooms are answered two at a time for one connection") {
  live_client ann{the_node(), fresh_user()};
  ann.joins(fresh_room());
  std::vector<protocol::request_id> asked;
  for (int i = 0; i < 200; ++i)
    asked.push_back(ann.starts(say::rooms{}));
  int lists = 0;
  for (const auto id : asked) {
    const auto answer = ann.answer_to(id);
    if (const auto* error = std::get_if<hear::error>(&answer)) {
      CHECK(error->code == protocol::code::rate_limited);
      CHECK(error->retry == protocol::retry::after);
    } else {
      CHECK(std::get<hear::rooms>(answer).rooms.size() == 1);
      ++lists;
    }
  }
  CHECK(lists >= 2);
  CHECK(lists < 200);
  CHECK(ann.inbox().rooms.size() == 1);
}
