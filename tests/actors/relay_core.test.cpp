#include "actors/relay_core.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

constexpr protocol::time_ms start = 1'000'000;

template <class Effect>
std::vector<Effect> of(const relay_effects& all) {
  std::vector<Effect> found;
  for (const auto& effect : all)
    if (const auto* one = std::get_if<Effect>(&effect))
      found.push_back(*one);
  return found;
}

to_relay::ask join(connection_id connection, const std::string& user) {
  to_room::join what;
  what.connection = connection;
  what.user = user;
  what.re = 1;
  return {what};
}

to_relay::send send(connection_id connection, const std::string& user, const std::string& cid, request_id re) {
  to_relay::send what;
  what.connection = connection;
  what.user = user;
  what.cid = cid;
  what.re = re;
  return what;
}

to_relay::heard published(std::initializer_list<std::pair<seq_t, std::string>> messages, bool refill = false) {
  from_room::published news{"e1", protocol::durability::disk, {}, refill};
  for (const auto& [seq, cid] : messages) {
    storage::record r;
    r.seq = seq;
    r.user = "ann";
    r.cid = cid;
    news.records.push_back(r);
  }
  return {news};
}

from_room::admitted admitted(connection_id connection, std::optional<request_id> re, seq_t head) {
  from_room::admitted news;
  news.connection = connection;
  news.answer.re = re;
  news.answer.epoch = "e1";
  news.answer.head = head;
  return news;
}

std::vector<seq_t> delivered(const relay_effects& all) {
  std::vector<seq_t> seqs;
  for (const auto& d : of<relay_does::deliver>(all))
    seqs.push_back(d.record.seq);
  return seqs;
}

std::vector<std::string> submitted(const relay_effects& all) {
  std::vector<std::string> cids;
  for (const auto& told : of<relay_does::tell_room>(all))
    if (const auto* what = std::get_if<to_room::submit>(&told.what))
      cids.push_back(what->cid);
  return cids;
}

relay_core attached(seq_t head = 0) {
  relay_core relay("node-a", "lounge");
  relay.apply(to_relay::room_up{}, start);
  relay.apply(to_relay::heard{from_room::attached{"e1", head}}, start);
  return relay;
}

} // namespace

SCENARIO("a stored message is the ack of everybody who sent it") {
  auto relay = attached();
  relay.apply(send(256, "ann", "C1", 7), start);
  relay.apply(send(512, "ann", "C1", 8), start);
  const auto out = relay.apply(published({{1, "C1"}}), start);
  const auto delivery = of<relay_does::deliver>(out).front();
  REQUIRE(delivery.acks.size() == 2);
  CHECK(delivery.acks[0].re == 7);
  CHECK(delivery.acks[1].connection == 512);
  CHECK(delivered(relay.apply(published({{1, "C1"}}), start)).empty());
}

SCENARIO("a hole is refilled before anything after it is delivered") {
  auto relay = attached();
  CHECK(delivered(relay.apply(published({{1, "a"}}), start)) == std::vector<seq_t>{1});
  auto out = relay.apply(published({{4, "d"}}), start);
  CHECK(delivered(out).empty());
  REQUIRE(of<relay_does::tell_room>(out).size() == 1);
  CHECK(std::get<to_room::refill>(of<relay_does::tell_room>(out).front().what).last == 1);
  CHECK(delivered(relay.apply(published({{5, "e"}}), start)).empty());
  out = relay.apply(published({{2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}}, true), start);
  CHECK(delivered(out) == std::vector<seq_t>{2, 3, 4, 5});
}

SCENARIO("what the link to this node had no space for is pulled from the log") {
  auto relay = attached();
  relay.apply(published({{1, "a"}}), start);
  const auto asks_after = [](const relay_effects& out) {
    std::vector<seq_t> lasts;
    for (const auto& tell : of<relay_does::tell_room>(out))
      lasts.push_back(std::get<to_room::refill>(tell.what).last);
    return lasts;
  };
  const auto behind = [&](std::string epoch, seq_t head) {
    return asks_after(relay.apply(to_relay::heard{from_room::behind{std::move(epoch), head}}, start));
  };
  CHECK(behind("e1", 4) == std::vector<seq_t>{1});

  WHEN("the refill comes in parts") {
    CHECK(asks_after(relay.apply(published({{2, "b"}, {3, "c"}}, true), start)) == std::vector<seq_t>{3});
    CHECK(delivered(relay.apply(published({{4, "d"}}, true), start)) == std::vector<seq_t>{4});
    THEN("nothing is asked for any more") {
      CHECK(behind("e1", 4).empty());
      CHECK(delivered(relay.apply(published({{5, "e"}}), start)) == std::vector<seq_t>{5});
    }
  }
  WHEN("the refill itself was what had no space") {
    THEN("it is asked for again, up to where it was wanted") {
      CHECK(behind("e1", 0) == std::vector<seq_t>{1});
      CHECK(asks_after(relay.apply(published({{2, "b"}}, true), start)) == std::vector<seq_t>{2});
    }
  }
  WHEN("only people came and went, or the log was another one") {
    relay.apply(published({{2, "b"}, {3, "c"}, {4, "d"}}, true), start);
    CHECK(behind("", 0).empty());
    CHECK(behind("e0", 9).empty());
  }
}

SCENARIO("what the log has dropped before it was read is told as a discontinuity, and the room goes on behind it") {
  auto relay = attached();
  relay.apply(join(256, "ann"), start);
  relay.apply(to_relay::heard{admitted(256, 1, 0)}, start);
  relay.apply(published({{1, "a"}}), start);
  relay.apply(send(256, "ann", "in the hole", 7), start);
  relay.apply(join(512, "bob"), start); // Asked at head 1, not answered yet.
  to_room::fetch reads_on;
  reads_on.connection = 256;
  reads_on.re = 8;
  reads_on.after = 1;
  relay.apply(to_relay::ask{reads_on}, start);
  relay.apply(published({{9, "i"}}), start);

  const auto out = relay.apply(published({{6, "f"}, {7, "g"}, {8, "h"}, {9, "i"}}, true), start);
  CHECK(of<relay_does::restart>(out).size() == 1);
  CHECK(delivered(out) == std::vector<seq_t>{6, 7, 8, 9});
  std::vector<to_room::join> asked;
  for (const auto& told : of<relay_does::tell_room>(out))
    if (const auto* what = std::get_if<to_room::join>(&told.what))
      asked.push_back(*what);
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].connection == 512); // Between its answer and the stream there would be a hole.
  CHECK(asked[1].connection == 256);
  CHECK(asked[1].since == protocol::position{"e1", 1});
  const auto told = of<relay_does::reply>(out);
  REQUIRE(told.size() == 1);
  CHECK(std::get<protocol::server::error>(told.front().what).re == 8); // Its page would begin behind the hole.
  CHECK(submitted(out) == std::vector<std::string>{"in the hole"});    // Nobody will hear of it in the stream.
  CHECK(relay.ready());

  CHECK(of<relay_does::reply>(relay.apply(to_relay::heard{admitted(512, 1, 1)}, start)).empty());
  CHECK(of<relay_does::reply>(relay.apply(to_relay::heard{admitted(512, 1, 9)}, start)).size() == 1);
  CHECK(of<relay_does::reply>(relay.apply(to_relay::heard{admitted(256, {}, 9)}, start)).size() == 1);
}

SCENARIO("when the room was rebuilt, the relay comes back with its members, gets what it missed, then sends the rest") {
  auto relay = attached();
  relay.apply(join(256, "ann"), start);
  relay.apply(send(256, "ann", "stored", 7), start);
  relay.apply(send(256, "ann", "lost", 8), start);
  relay.apply(to_relay::room_down{from_room::absence::away}, start);
  relay.apply(send(256, "ann", "meanwhile", 9), start);
  auto out = relay.apply(to_relay::room_up{}, start);
  const auto asked = of<relay_does::tell_room>(out);
  REQUIRE(asked.size() == 2);
  CHECK(std::get<to_room::attach>(asked[0].what).members == std::vector<membership>{{256, "ann"}});
  CHECK(std::holds_alternative<to_room::join>(asked[1].what));
  out = relay.apply(to_relay::heard{from_room::attached{"e1", 1}}, start);
  CHECK(of<relay_does::reply>(out).empty());
  out = relay.apply(published({{1, "stored"}}, true), start);
  CHECK(of<relay_does::deliver>(out).front().acks.front().re == 7);
  CHECK(of<relay_does::reply>(out).empty());
  CHECK(submitted(out) == std::vector<std::string>{"lost", "meanwhile"});
  CHECK(of<relay_does::deliver>(relay.apply(published({{2, "lost"}}), start)).front().acks.front().re == 8);
}

SCENARIO("what a crashed room had is refused, because it may be the reason, and what came later is sent") {
  auto relay = attached();
  relay.apply(send(256, "ann", "poison", 7), start);
  relay.apply(to_relay::room_down{from_room::absence::crashed}, start);
  relay.apply(send(256, "ann", "meanwhile", 8), start);
  relay.apply(to_relay::room_up{}, start);
  const auto out = relay.apply(to_relay::heard{from_room::attached{"e1", 0}}, start);
  CHECK(submitted(out) == std::vector<std::string>{"meanwhile"});
  const auto refused = of<relay_does::reply>(out);
  REQUIRE(refused.size() == 1);
  const auto error = std::get<protocol::server::error>(refused.front().what);
  CHECK(error.cid == "poison");
  CHECK(error.retry == protocol::retry::same);
}

SCENARIO("what waits for a room whose node is full is told to try again, and a later attempt goes on") {
  relay_core relay("node-a", "lounge");
  relay.apply(join(256, "ann"), start);
  relay.apply(send(256, "ann", "early", 7), start);
  relay.apply(to_relay::room_up{}, start);
  const auto refused = of<relay_does::reply>(relay.apply(to_relay::room_down{from_room::absence::full}, start));
  REQUIRE(refused.size() == 2);
  for (const auto& one : refused) {
    const auto& error = std::get<protocol::server::error>(one.what);
    CHECK(error.code == protocol::code::overloaded);
    CHECK(error.retry == protocol::retry::same); // An owner before this one may have stored it.
    CHECK(error.after_ms == 1'000);
  }
  CHECK(relay.members() == 0);
  CHECK(relay.waiting() == 0);

  relay.apply(join(256, "ann"), start);
  relay.apply(send(256, "ann", "late", 8), start);
  CHECK(of<relay_does::tell_room>(relay.apply(to_relay::room_up{}, start)).size() == 2);
  CHECK(submitted(relay.apply(to_relay::heard{from_room::attached{"e1", 0}}, start)) ==
        std::vector<std::string>{"late"});
}

SCENARIO("a relay with more members than one announcement holds makes several") {
  relay_core relay("node-a", "lounge");
  constexpr auto people = to_room::attach::members_max + 1;
  for (connection_id connection = 1; connection <= people; ++connection)
    relay.apply(join(connection << 8, "user" + std::to_string(connection)), start);
  std::vector<to_room::attach> announced;
  for (const auto& told : of<relay_does::tell_room>(relay.apply(to_relay::room_up{}, start)))
    if (const auto* what = std::get_if<to_room::attach>(&told.what))
      announced.push_back(*what);
  REQUIRE(announced.size() == 2);
  CHECK(announced[0].members.size() == to_room::attach::members_max);
  CHECK_FALSE(announced[0].further);
  CHECK(announced[1].members.size() == 1);
  CHECK(announced[1].further);
}

SCENARIO("a send that comes while the relay catches up waits for its turn") {
  auto relay = attached();
  relay.apply(send(256, "ann", "first", 7), start);
  relay.apply(to_relay::room_down{from_room::absence::away}, start);
  relay.apply(to_relay::room_up{}, start);
  CHECK(submitted(relay.apply(send(256, "ann", "second", 8), start)).empty());
  CHECK(submitted(relay.apply(to_relay::heard{from_room::attached{"e1", 0}}, start)) ==
        std::vector<std::string>{"first", "second"});
  CHECK(submitted(relay.apply(send(256, "ann", "third", 9), start)) == std::vector<std::string>{"third"});
}

SCENARIO("a relay takes as many waiting sends as it may, and one more is refused") {
  relay_core relay("node-a", "lounge");
  for (std::size_t i = 0; i < relay_core::waiting_max; ++i)
    REQUIRE(of<relay_does::reply>(relay.apply(send(256, "ann", std::to_string(i), 7), start)).empty());
  const auto out = of<relay_does::reply>(relay.apply(send(256, "ann", "one more", 8), start));
  REQUIRE(out.size() == 1);
  CHECK(std::get<protocol::server::error>(out.front().what).code == protocol::code::overloaded);
}

SCENARIO("a refill that was lost is asked for again") {
  auto relay = attached();
  relay.apply(published({{1, "a"}}), start);
  relay.apply(published({{4, "d"}}), start);
  CHECK(of<relay_does::tell_room>(relay.apply(to_relay::wake{}, start + 999)).empty());
  const auto again = of<relay_does::tell_room>(relay.apply(to_relay::wake{}, start + 1'000));
  REQUIRE(again.size() == 1);
  CHECK(std::get<to_room::refill>(again.front().what).last == 1);
}

SCENARIO("a relay whose node was too slow for the stream pulls, and asks who is there") {
  auto relay = attached();
  relay.apply(join(256, "ann"), start);
  const auto asked = of<relay_does::tell_room>(relay.apply(to_relay::heard{from_room::behind{"e1", 3}}, start));
  REQUIRE(asked.size() == 2);
  CHECK(std::get<to_room::refill>(asked[0].what).last == 0);
  CHECK(std::get<to_room::who>(asked[1].what).connection == 0);
  protocol::server::presence all;
  all.users = std::vector<std::string>{"ann"};
  CHECK(of<relay_does::spread>(relay.apply(to_relay::heard{from_room::answered{0, all}}, start)).size() == 1);
}

SCENARIO("a send that is not answered in ten seconds is open, and said so") {
  auto relay = attached();
  relay.apply(send(256, "ann", "C1", 7), start);
  CHECK(of<relay_does::reply>(relay.apply(to_relay::wake{}, start + 9'999)).empty());
  const auto out = relay.apply(to_relay::wake{}, start + 10'000);
  REQUIRE(of<relay_does::reply>(out).size() == 1);
  const auto error = std::get<protocol::server::error>(of<relay_does::reply>(out).front().what);
  CHECK(error.code == protocol::code::timeout);
  CHECK(error.retry == protocol::retry::same);
  CHECK(error.cid == "C1");
}

SCENARIO("a connection that is gone waits for nothing and is no member") {
  auto relay = attached();
  relay.apply(join(256, "ann"), start);
  relay.apply(send(256, "ann", "C1", 7), start);
  relay.apply(to_relay::gone{256, "ann"}, start);
  CHECK(relay.members() == 0);
  CHECK(of<relay_does::deliver>(relay.apply(published({{1, "C1"}}), start)).front().acks.empty());
  relay.apply(to_relay::wake{}, start + 1);
  const auto out = relay.apply(to_relay::wake{}, start + 10'002);
  CHECK(of<relay_does::retire>(out).size() == 1);
  CHECK(of<relay_does::tell_room>(out).empty()); // The guardian may keep it.
}

SCENARIO("a log with another epoch makes each member join anew with its old position") {
  auto relay = attached(5);
  relay.apply(join(256, "ann"), start);
  protocol::server::joined joined;
  joined.re = 1;
  joined.epoch = "e1";
  joined.head = 5;
  relay.apply(to_relay::heard{from_room::admitted{256, joined}}, start);
  const auto out = relay.apply(to_relay::heard{from_room::attached{"e2", 0}}, start);
  const auto asked = of<relay_does::tell_room>(out);
  REQUIRE(asked.size() == 1);
  CHECK(std::get<to_room::join>(asked.front().what).since == protocol::position{"e1", 5});
}
