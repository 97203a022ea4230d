#include "tests/conformance/setting.hpp"

#include "tests/support/plain_http.hpp"

#include <boost/json/parse.hpp>

using namespace troupe;
using namespace troupe::tests;

namespace {

say::moderate order(const std::string& room, const std::string& action, const std::string& user) {
  say::moderate what;
  what.room = room;
  what.cid = new_cid();
  what.action = action;
  if (!user.empty())
    what.user = user;
  return what;
}

say::moderate role(const std::string& room, const std::string& user, const std::string& which) {
  auto what = order(room, "role", user);
  what.role = which;
  return what;
}

hear::ack done(live_client& who, say::moderate what) {
  const auto answer = who.asks(std::move(what));
  INFO(shown(answer));
  REQUIRE(std::holds_alternative<hear::ack>(answer));
  return std::get<hear::ack>(answer);
}

} // namespace

SCENARIO("a ban, a kick, a mute and slow mode over real sockets") {
  const auto room = fresh_room("owned/");
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  CHECK(ann.joins(room).me.role == "owner");
  CHECK(bob.joins(room).me.role == "member");
  ann.settled();
  bob.settled();

  GIVEN("a ban") {
    auto ban = order(room, "ban", bob.user());
    ban.reason = "spam";
    const auto ack = done(ann, ban);
    CLAUSE("is seen by all as a `message` of kind `system` that comes `from` whoever did it");
    const auto seen = bob.next_message();
    CHECK(seen.kind == "system");
    CHECK(seen.from == ann.user());
    CHECK(seen.cid == ban.cid);
    CHECK(seen.seq == ack.seq);
    const auto body = boost::json::parse(seen.body).as_object();
    CHECK(body.at("action").as_string() == "ban");
    CHECK(body.at("user").as_string() == bob.user());
    CHECK(body.at("by").as_string() == ann.user());
    CHECK(body.at("reason").as_string() == "spam");
    CLAUSE("`closed{reason:\"banned\"}`");
    CHECK(bob.next<hear::closed>().reason == "banned");
    CLAUSE("each request is `forbidden`");
    CHECK(bob.refused(say::join{.room = room}).code == protocol::code::forbidden);
    CHECK(bob.refused(say::fetch{.room = room, .limit = 5}).code == protocol::code::forbidden);
    CHECK(bob.refused(say::presence{.room = room}).code == protocol::code::forbidden);
    CHECK(bob.refused_send(room, "please").code == protocol::code::forbidden);
    CHECK(bob.inbox().rooms.empty());
    live_client again{the_node().where(), {.user = bob.user(), .rooms = {{room, ack.epoch, ack.seq}}}};
    CHECK(again.next<hear::closed>().reason == "forbidden");
    CLAUSE("retried with the same `cid` like a `send`: the first outcome is the only one");
    const auto repeated = done(ann, ban);
    CHECK(repeated.seq == ack.seq);
    CHECK(repeated.dup);
    done(ann, order(room, "unban", bob.user()));
    CHECK(bob.joins(room).me.role == "member");
  }
  GIVEN("a kick") {
    done(ann, order(room, "kick", bob.user()));
    CHECK(bob.next<hear::closed>().reason == "kicked");
    CLAUSE("they may join again");
    CHECK(bob.joins(room).recovered);
  }
  GIVEN("a mute") {
    auto mute = order(room, "mute", bob.user());
    mute.for_ms = 3'600'000;
    done(ann, mute);
    const auto why = bob.refused_send(room, "but");
    CHECK(why.code == protocol::code::forbidden);
    CHECK(why.message.find("muted in this room until ") != std::string::npos);
    CHECK(bob.fetches({.room = room, .limit = 5}).messages.size() == 2);
    done(ann, order(room, "unmute", bob.user()));
    CHECK(bob.sends(room, "thanks").seq == 4);
  }
  GIVEN("slow mode") {
    auto slow = order(room, "slow_mode", "");
    slow.interval_ms = 3'600'000;
    done(ann, slow);
    bob.sends(room, "one");
    const auto why = bob.refused_send(room, "two");
    CLAUSE("Too early is `rate_limited` with `after_ms`. Moderators are exempt");
    CHECK(why.code == protocol::code::rate_limited);
    CHECK(why.after_ms.value_or(0) > 3'000'000);
    ann.sends(room, "a");
    ann.sends(room, "b");
  }
  GIVEN("a member who would like to be more") {
    CHECK(bob.refused(order(room, "kick", ann.user())).code == protocol::code::forbidden);
    CHECK(bob.refused(role(room, bob.user(), "owner")).code == protocol::code::forbidden);
    done(ann, role(room, bob.user(), "reader"));
    CHECK(bob.refused_send(room, "x").code == protocol::code::forbidden);
    CHECK(ann.refused(role(room, ann.user(), "member")).code == protocol::code::conflict);
  }
}

SCENARIO("a private room looks as if it did not exist") {
  const auto room = fresh_room("private/");
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  ann.joins(room);
  CLAUSE("is told `not_found`, as if it did not exist");
  const auto stranger = bob.refused(say::join{.room = room});
  done(ann, order(room, "ban", bob.user()));
  const auto banned = bob.refused(say::join{.room = room});
  const auto elsewhere = bob.refused(say::join{.room = "dm:a:b"});
  CHECK(stranger.code == protocol::code::not_found);
  for (const auto& other : {banned, elsewhere}) {
    CHECK(other.code == stranger.code);
    CHECK(other.message == stranger.message);
    CHECK(other.retry == stranger.retry);
  }
  done(ann, order(room, "unban", bob.user()));
  done(ann, role(room, bob.user(), "member"));
  CHECK(bob.joins(room).me.role == "member");
}

SCENARIO("an operator makes the first owner by HTTP") {
  const auto room = fresh_room();
  const auto path = "/api/v1/rooms/" + room + "/moderate";
  live_client ann{the_node(), fresh_user()};
  CHECK(ann.joins(room).me.role == "member");
  const auto body = R"({"by":"the-operator","action":"role","role":"owner","user":")" + ann.user() + "\"}";
  const auto answer = http_post(the_node().port(), path, body);
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(boost::json::parse(answer->body).as_object().at("seq").to_number<int>() == 1);
  CHECK(ann.next_message().from == "the-operator");
  CHECK(ann.joins(room).me.role == "owner");
  done(ann, order(room, "kick", "nobody-in-particular"));
  CHECK(http_post(the_node().port(), path, R"({"action":"kick","user":"x"})")->status == 401);
  CHECK(http_post(the_node().port(), path, R"({"by":"op","action":"kick"})")->status == 400);
  CHECK(http_post(the_node().port(), path, "[]")->status == 400);
  CHECK(http_get(the_node().port(), path)->status == 405);
}

SCENARIO("what moderators decided outlasts a crash of the node") {
  node here = node::started({.config = "[[rooms]]\npattern = \"*room\"\ncreator_is_owner = true\n"});
  {
    live_client ann{here, "ann"};
    ann.joins("lounge");
    done(ann, order("lounge", "ban", "bob"));
    done(ann, order("lounge", "mute", "eve"));
    done(ann, role("lounge", "max", "moderator"));
  }
  here.kill();
  here.start();
  live_client bob{here, "bob"};
  live_client eve{here, "eve"};
  live_client max{here, "max"};
  live_client ann{here, "ann"};
  CHECK(bob.refused(say::join{.room = "lounge"}).code == protocol::code::forbidden);
  CHECK(eve.refused_send("lounge", "x").code == protocol::code::forbidden);
  CHECK(max.joins("lounge").me.role == "moderator");
  CHECK(ann.joins("lounge").me.role == "owner");
  done(max, order("lounge", "unban", "bob"));
  CHECK(bob.joins("lounge").me.role == "member");
}

SCENARIO("what moderators decided outlasts the owner of the room") {
  temporary_directory shared{"troupe-shared"};
  const auto data = shared / "data";
  const std::string config =
    "[cluster]\nheartbeat_ms = 200\nttl_ms = 2000\n[[rooms]]\npattern = \"*room\"\ncreator_is_owner = true\n";
  // The first to come owns every room until the other has got its share.
  auto first = std::make_unique<node>(node::started({.data = data, .name = "first", .config = config}));
  {
    live_client ann{*first, "ann"};
    for (int i = 0; i < 8; ++i) {
      const auto room = "room-" + std::to_string(i);
      ann.joins(room, {}, 0);
      done(ann, order(room, "ban", "bob"));
      ann.leaves(room);
    }
  }
  node second = node::started({.data = data, .name = "second", .config = config});
  live_client bob{second, "bob"};
  live_client ann{second, "ann"};
  first->kill();
  for (int i = 0; i < 8; ++i) {
    const auto room = "room-" + std::to_string(i);
    CAPTURE(room);
    CHECK(ann.joins(room, {}, 0).me.role == "owner"); // Answered when the second node owns it.
    CHECK(bob.refused(say::join{.room = room}).code == protocol::code::forbidden);
    ann.leaves(room);
  }
}
