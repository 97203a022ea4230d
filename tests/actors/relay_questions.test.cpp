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

to_relay::heard admitted(std::optional<request_id> re, std::string epoch = "e1", seq_t head = 5) {
  from_room::admitted news;
  news.connection = ann;
  news.answer.re = re;
  news.answer.epoch = std::move(epoch);
  news.answer.head = head;
  return {news};
}

to_relay::heard failed(std::optional<request_id> re) {
  protocol::server::error why;
  why.re = re;
  why.code = protocol::code::store_unavailable;
  why.retry = protocol::retry::same;
  return {from_room::answered{ann, why}};
}

to_relay::ask fetch(connection_id connection, request_id re) {
  to_room::fetch what;
  what.connection = connection;
  what.re = re;
  return {what};
}

to_relay::ask who(connection_id connection, request_id re) {
  to_room::who what;
  what.connection = connection;
  what.re = re;
  return {what};
}

to_relay::heard page(connection_id connection, request_id re) {
  protocol::server::page answer;
  answer.re = re;
  answer.epoch = "e1";
  return {from_room::answered{connection, answer}};
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

SCENARIO("a join that the room had before it had the relay is answered again, without a hole") {
  relay_core relay("node-a", "lounge");
  relay.apply(to_relay::room_up{}, start);
  relay.apply(join(3), start);
  relay.apply(to_relay::room_down{}, start); // The link starts anew; what it had sent arrives all the same.
  CHECK(told<to_room::join>(relay.apply(to_relay::room_up{}, start)).size() == 1);
  relay.apply(to_relay::heard{from_room::attached{"e1", 5}}, start);
  CHECK(of<relay_does::reply>(relay.apply(admitted(3, "e1", 4), start)).empty()); // 5 is not passed on here.
  CHECK(answered<protocol::server::joined>(relay.apply(admitted(3, "e1", 5), start)).size() == 1);
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

namespace {

/// As many questions as may wait for the room.
relay_core full() {
  auto relay = attached();
  for (std::size_t i = 0; i < relay_core::questions_max; ++i)
    REQUIRE(of<relay_does::reply>(relay.apply(fetch(256 * (2 + i), 1), start)).empty());
  return relay;
}

} // namespace

SCENARIO("as many questions wait for a room as may, and one past is surely not asked") {
  auto relay = full();
  for (auto& question : {fetch(ann, 7), who(ann, 7), join(7)}) {
    const auto out = relay.apply(question, start);
    const auto refused = answered<protocol::server::error>(out);
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().re == 7);
    CHECK(refused.front().code == protocol::code::overloaded);
    CHECK(refused.front().retry == protocol::retry::after);
    CHECK(refused.front().after_ms);
    CHECK(of<relay_does::tell_room>(out).empty());
  }
  CHECK(relay.members() == 0);

  WHEN("the room comes anew") {
    relay.apply(to_relay::room_down{}, start);
    const auto out = relay.apply(to_relay::room_up{}, start);
    THEN("it is asked what was taken, in the order it came") {
      const auto asked = told<to_room::fetch>(out);
      REQUIRE(asked.size() == relay_core::questions_max);
      CHECK(asked.front().connection == 512);
      CHECK(told<to_room::who>(out).empty());
      CHECK(told<to_room::join>(out).empty());
    }
  }
  WHEN("one is answered") {
    CHECK(answered<protocol::server::page>(relay.apply(page(512, 1), start)).size() == 1);
    THEN("there is a place for another") {
      CHECK(told<to_room::fetch>(relay.apply(fetch(ann, 8), start)).size() == 1);
      CHECK(answered<protocol::server::error>(relay.apply(fetch(ann, 9), start)).size() == 1);
    }
  }
  WHEN("a room of hello finds no place") {
    const auto out = relay.apply(join(std::nullopt), start);
    THEN("its connection hears which room it is not in") {
      REQUIRE(answered<to_connection::expelled>(out).size() == 1);
      CHECK(answered<to_connection::expelled>(out).front().reason == "overloaded");
      CHECK(relay.members() == 0);
    }
  }
}

SCENARIO("who leaves a room that has too many questions is out of it all the same") {
  auto relay = attached();
  relay.apply(join(3), start);
  relay.apply(admitted(3), start);
  for (std::size_t i = 0; i < relay_core::questions_max; ++i)
    relay.apply(fetch(256 * (2 + i), 1), start);
  auto leaves = leave();
  const bool forgets = GENERATE(false, true);
  std::get<to_room::leave>(leaves.what).forget = forgets;
  const auto out = relay.apply(leaves, start);
  CHECK(relay.members() == 0);
  REQUIRE(told<to_room::leave>(out).size() == 1);
  CHECK_FALSE(told<to_room::leave>(out).front().forget);
  CHECK(answered<protocol::server::ok>(out).size() == (forgets ? 0 : 1));
  CHECK(answered<protocol::server::error>(out).size() == (forgets ? 1 : 0));
}

SCENARIO("all members join another log anew, however many they are") {
  auto relay = attached();
  const auto members = relay_core::questions_max + 1;
  for (std::size_t i = 0; i < members; ++i) {
    to_room::join what;
    what.connection = 256 * (2 + i);
    what.user = "ann";
    what.re = 1;
    relay.apply(to_relay::ask{what}, start);
    from_room::admitted in;
    in.connection = what.connection;
    in.answer.re = 1;
    in.answer.epoch = "e1";
    in.answer.head = 5;
    relay.apply(to_relay::heard{in}, start);
  }
  REQUIRE(relay.members() == members);
  const auto out = relay.apply(to_relay::heard{from_room::attached{"e2", 1}}, start);
  CHECK(told<to_room::join>(out).size() == members);
}

SCENARIO("the next room is asked in the order in which connections asked") {
  auto relay = attached();
  relay.apply(to_relay::room_down{}, start);
  relay.apply(fetch(768, 5), start);
  relay.apply(who(512, 2), start);
  relay.apply(join(4), start);
  relay.apply(fetch(512, 1), start);
  std::vector<std::pair<connection_id, std::size_t>> asked;
  for (const auto& tell : of<relay_does::tell_room>(relay.apply(to_relay::room_up{}, start)))
    if (asker_of(tell.what) != 0)
      asked.emplace_back(asker_of(tell.what), tell.what.index());
  const auto kind = [](const auto& what) { return to_room::command{what}.index(); };
  CHECK(asked == std::vector<std::pair<connection_id, std::size_t>>{{768, kind(to_room::fetch{})},
                                                                    {512, kind(to_room::who{})},
                                                                    {ann, kind(to_room::join{})},
                                                                    {512, kind(to_room::fetch{})}});
}

SCENARIO("what a connection has given up waiting for is not asked again, and its answer is for nobody") {
  auto relay = attached();
  relay.apply(fetch(ann, 3), start);
  relay.apply(fetch(ann, 4), start);
  relay.apply(who(ann, 5), start);
  relay.apply(to_relay::withdraw{ann, 3}, start);
  relay.apply(to_relay::withdraw{ann, 5}, start);
  CHECK(of<relay_does::reply>(relay.apply(page(ann, 3), start)).empty());
  relay.apply(to_relay::room_down{}, start);
  auto out = relay.apply(to_relay::room_up{}, start);
  REQUIRE(told<to_room::fetch>(out).size() == 1);
  CHECK(told<to_room::fetch>(out).front().re == 4);
  CHECK(told<to_room::who>(out).empty());
  relay.apply(to_relay::gone{ann, "ann"}, start);
  CHECK(of<relay_does::reply>(relay.apply(page(ann, 4), start)).empty());
  relay.apply(to_relay::room_down{}, start);
  CHECK(told<to_room::fetch>(relay.apply(to_relay::room_up{}, start)).empty());
}

SCENARIO("two questions under one number have two answers") {
  auto relay = attached();
  relay.apply(fetch(ann, 3), start);
  relay.apply(fetch(ann, 3), start);
  CHECK(answered<protocol::server::page>(relay.apply(page(ann, 3), start)).size() == 1);
  CHECK(answered<protocol::server::error>(relay.apply(failed(3), start)).size() == 1);
  CHECK(of<relay_does::reply>(relay.apply(page(ann, 3), start)).empty());
}

SCENARIO("snapshots that found no space on the way are asked for once, for all, and wait no more") {
  auto relay = attached();
  relay.apply(join(7), start);
  to_room::who snapshot;
  snapshot.connection = ann;
  relay.apply(to_relay::ask{snapshot}, start);
  const auto asked = told<to_room::who>(relay.apply(to_relay::heard{from_room::behind{"", 0}}, start));
  REQUIRE(asked.size() == 1);
  CHECK(asked.front().connection == 0);
  relay.apply(to_relay::room_down{}, start);
  const auto again = relay.apply(to_relay::room_up{}, start);
  CHECK(told<to_room::who>(again).empty());
  CHECK(told<to_room::join>(again).size() == 1);
}
