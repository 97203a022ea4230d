// Who asked what: each question has one answer, and room, relay and connection agree on who is a member.
#include "actors/relay_core.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

constexpr protocol::time_ms start = 1'000'000;
constexpr connection_id ann = 256;

template <class Effect>
std::vector<Effect> of(const relay_effects& all) {
  std::vector<Effect> found;
  for (const auto& effect : all)
    if (const auto* one = std::get_if<Effect>(&effect))
      found.push_back(*one);
  return found;
}

/// What the room is told of that kind.
template <class Command>
std::vector<Command> told(const relay_effects& all) {
  std::vector<Command> found;
  for (const auto& tell : of<relay_does::tell_room>(all))
    if (const auto* one = std::get_if<Command>(&tell.what))
      found.push_back(*one);
  return found;
}

/// What connections are answered of that kind.
template <class Answer>
std::vector<Answer> answered(const relay_effects& all) {
  std::vector<Answer> found;
  for (const auto& reply : of<relay_does::reply>(all))
    if (const auto* one = std::get_if<Answer>(&reply.what))
      found.push_back(*one);
  return found;
}

to_relay::ask join(std::optional<request_id> re) {
  to_room::join what;
  what.connection = ann;
  what.user = "ann";
  what.re = re;
  return {what};
}

to_relay::ask leave() {
  to_room::leave what;
  what.connection = ann;
  what.user = "ann";
  what.re = 9;
  return {what};
}

to_relay::heard admitted(std::optional<request_id> re, std::string epoch = "e1") {
  from_room::admitted news;
  news.connection = ann;
  news.answer.re = re;
  news.answer.epoch = std::move(epoch);
  return {news};
}

to_relay::heard failed(std::optional<request_id> re) {
  protocol::server::error why;
  why.re = re;
  why.code = protocol::code::store_unavailable;
  why.retry = protocol::retry::same;
  return {from_room::answered{ann, why}};
}

relay_core attached() {
  relay_core relay("node-a", "lounge");
  relay.apply(to_relay::room_up{}, start);
  relay.apply(to_relay::heard{from_room::attached{"e1", 5}}, start);
  return relay;
}

} // namespace

SCENARIO("a join that failed leaves no member behind") {
  auto relay = attached();
  GIVEN("a join with a number") {
    relay.apply(join(3), start);
    const auto out = relay.apply(failed(3), start);
    THEN("it is refused, and the room told that the connection is gone") {
      REQUIRE(answered<protocol::server::error>(out).size() == 1);
      REQUIRE(told<to_room::leave>(out).size() == 1);
      CHECK(told<to_room::leave>(out).front().gone);
      CHECK(relay.members() == 0);
    }
  }
  GIVEN("a room of hello, which has no number") {
    relay.apply(join(std::nullopt), start);
    const auto out = relay.apply(failed(std::nullopt), start);
    THEN("its connection hears which room it is not in") {
      CHECK(answered<protocol::server::error>(out).empty());
      REQUIRE(answered<to_connection::expelled>(out).size() == 1);
      CHECK(answered<to_connection::expelled>(out).front().room == "lounge");
      CHECK(answered<to_connection::expelled>(out).front().reason == "store_unavailable");
      CHECK(relay.members() == 0);
    }
  }
}

SCENARIO("the answer to a join that was withdrawn is for nobody") {
  auto relay = attached();
  relay.apply(join(std::nullopt), start);
  relay.apply(leave(), start);
  relay.apply(join(4), start);
  CHECK(answered<protocol::server::joined>(relay.apply(admitted(std::nullopt), start)).empty());
  CHECK(answered<to_connection::expelled>(relay.apply(failed(std::nullopt), start)).empty());
  CHECK(relay.members() == 1);
  CHECK(answered<protocol::server::joined>(relay.apply(admitted(4), start)).size() == 1);
  CHECK(answered<protocol::server::joined>(relay.apply(admitted(4), start)).empty());
}

SCENARIO("who is expelled while joining again is out for the room too") {
  auto relay = attached();
  relay.apply(join(3), start);
  relay.apply(admitted(3), start);
  relay.apply(join(4), start);
  const auto out = relay.apply(to_relay::heard{from_room::expelled{"ann", 0, "left"}}, start);
  REQUIRE(answered<to_connection::expelled>(out).size() == 1);
  CHECK(told<to_room::leave>(out).size() == 1);
  CHECK(relay.members() == 0);
  CHECK(of<relay_does::reply>(relay.apply(admitted(4), start)).empty());
}

SCENARIO("another log begins with its joined for every member, whatever is lost meanwhile") {
  auto relay = attached();
  relay.apply(join(3), start);
  relay.apply(admitted(3), start);
  relay.apply(to_relay::room_down{}, start);
  relay.apply(to_relay::room_up{}, start);
  auto out = relay.apply(to_relay::heard{from_room::attached{"e2", 1}}, start);
  REQUIRE(told<to_room::join>(out).size() == 1);
  CHECK(told<to_room::join>(out).front().since == protocol::position{"e1", 5});
  REQUIRE(of<relay_does::restart>(out).size() == 1);
  CHECK(std::holds_alternative<relay_does::restart>(out.front()));

  WHEN("the answer is lost with the room's node") {
    relay.apply(to_relay::room_down{}, start);
    out = relay.apply(to_relay::room_up{}, start);
    THEN("it is asked again") { CHECK(told<to_room::join>(out).size() == 1); }
  }
  WHEN("an answer of the old log comes late") {
    CHECK(of<relay_does::reply>(relay.apply(admitted(std::nullopt, "e1"), start)).empty());
    THEN("the right one is still awaited") {
      CHECK(answered<protocol::server::joined>(relay.apply(admitted(std::nullopt, "e2"), start)).size() == 1);
    }
  }
  WHEN("the member joins by itself") {
    relay.apply(join(5), start);
    THEN("it has one answer") {
      CHECK(of<relay_does::reply>(relay.apply(admitted(std::nullopt, "e2"), start)).empty());
      CHECK(answered<protocol::server::joined>(relay.apply(admitted(5, "e2"), start)).size() == 1);
    }
  }
}

SCENARIO("a kick reaches its connections in the stream, also when it comes by a refill") {
  auto relay = attached();
  relay.apply(join(3), start);
  relay.apply(admitted(3), start);
  from_room::published news{"e1", protocol::durability::disk, {}, false};
  for (const auto* action : {"mute", "kick"}) {
    storage::record event;
    event.seq = 6 + news.records.size();
    event.user = "root";
    event.kind = "system";
    event.body = R"({"action":")" + std::string{action} + R"(","user":"ann","by":"root"})";
    news.records.push_back(event);
  }
  const bool has_hole = GENERATE(false, true);
  relay_effects out;
  if (has_hole) {
    auto later = news;
    later.records.erase(later.records.begin());
    out = relay.apply(to_relay::heard{later}, start);
    CHECK(answered<to_connection::expelled>(out).empty());
    CHECK(told<to_room::refill>(out).size() == 1);
    news.refill = true;
  }
  out = relay.apply(to_relay::heard{news}, start);
  REQUIRE(answered<to_connection::expelled>(out).size() == 1);
  CHECK(answered<to_connection::expelled>(out).front().reason == "kicked");
  CHECK(told<to_room::leave>(out).size() == 1);
  CHECK(relay.members() == 0);
}

SCENARIO("the role that a token brings is told again when the room is found again") {
  auto relay = attached();
  auto first = join(3);
  std::get<to_room::join>(first.what).granted = protocol::role::reader;
  relay.apply(std::move(first), start);
  relay.apply(admitted(3), start);
  relay.apply(to_relay::room_down{}, start);
  const auto out = relay.apply(to_relay::room_up{}, start);
  REQUIRE(told<to_room::attach>(out).size() == 1);
  CHECK(told<to_room::attach>(out).front().members.at(0).granted == protocol::role::reader);
  const auto other_log = relay.apply(to_relay::heard{from_room::attached{"e2", 1}}, start);
  REQUIRE(told<to_room::join>(other_log).size() == 1);
  CHECK(told<to_room::join>(other_log).front().granted == protocol::role::reader);
}
