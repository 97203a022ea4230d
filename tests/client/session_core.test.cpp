// The well-behaved client, fed with frames by hand: no socket, no clock, no luck.
#include "client/session_core.hpp"
#include "protocol/names.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace troupe;
using namespace troupe::client;
namespace requests = troupe::protocol::client;
namespace server = troupe::protocol::server;
using troupe::protocol::code;
using troupe::protocol::retry;

namespace {

/// Writes down what the session tells, one word each.
struct diary final : session_events {
  std::vector<std::string> lines;
  std::function<void()> on_each_message;

  void on_state(link_state to, const std::string&, std::int64_t) override {
    static const char* names[] = {"offline", "connecting", "greeting", "online", "waiting", "ended"};
    lines.push_back(names[static_cast<int>(to)]);
  }
  void on_joined(const server::joined& what) override { lines.push_back("joined " + what.room); }
  void on_left(const std::string& room, const std::string& why) override {
    lines.push_back("left " + room + " " + why);
  }
  void on_message(const std::string&, const entry& what, source how) override {
    static const char* names[] = {"old", "resumed", "live"};
    lines.push_back(std::to_string(what.seq) + " " + what.from + " " + what.body.value_or("-") + " " +
                    names[static_cast<int>(how)]);
    if (on_each_message)
      on_each_message();
  }
  void on_discontinuity(const std::string& room) override { lines.push_back("break " + room); }
  void on_sent(const receipt& what) override { lines.push_back("sent " + std::to_string(what.seq)); }
  void on_refused(const requests::send& what, const server::error&) override {
    lines.push_back("refused " + what.body);
  }
  void on_error(const server::error& what) override { lines.push_back("error " + what.message); }

  std::vector<std::string> take() { return std::exchange(lines, {}); }
};

using words = std::vector<std::string>;

struct device {
  diary told;
  std::uint64_t luck = 7;
  session_core core{{.user = "ann",
                     .backoff_first_ms = 100,
                     .backoff_most_ms = 1'000,
                     .random = [this] { return luck; },
                     .wall_clock = [] { return 1'000'000; }},
                    told};
  std::int64_t now = 1'000;

  template <class T>
  std::vector<T> sent() {
    std::vector<T> found;
    for (auto& one : core.take_actions())
      if (auto* put = std::get_if<transmit>(&one))
        if (auto* what = std::get_if<T>(&put->what))
          found.push_back(*what);
    return found;
  }

  bool wants(std::size_t which) { // 0 = open, 1 = drop
    for (auto& one : core.take_actions())
      if (one.index() == which)
        return true;
    return false;
  }

  void gets(protocol::push what) { core.received(what, now); }

  void comes_online() {
    core.start(now);
    core.opened(now);
    welcomed();
  }

  void welcomed(std::uint32_t inflight = 10) {
    gets(server::welcome{.re = 1,
                         .session = "s",
                         .user = "ann",
                         .ping_ms = 25'000,
                         .resume = "again",
                         .limits = {.inflight = inflight},
                         .time = 2'000'000});
  }

  /// In `lounge` at `head`, with an empty diary.
  void sits_in_lounge(seq_t head = 5) {
    core.join("lounge", now);
    comes_online();
    const auto join = sent<requests::join>();
    REQUIRE(join.size() == 1);
    gets(server::joined{.re = join[0].id, .room = "lounge", .epoch = "e1", .head = head, .min = 1});
    told.take();
    core.take_actions();
  }

  void reconnects() {
    core.lost({.reason = "gone"}, now);
    now += 10'000;
    core.tick(now);
    core.take_actions();
    core.opened(now);
  }
};

entry said(seq_t seq, std::string from, std::string body, std::string cid = "X") {
  return {.seq = seq, .from = std::move(from), .cid = std::move(cid), .kind = "text", .body = std::move(body)};
}

server::message pushed(seq_t seq, std::string from, std::string body, std::string cid = "X") {
  return {.room = "lounge",
          .epoch = "e1",
          .seq = seq,
          .from = std::move(from),
          .cid = std::move(cid),
          .kind = "text",
          .body = std::move(body)};
}

} // namespace

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

SCENARIO("waits grow with full jitter and start again after a welcome") {
  device ann;
  ann.luck = 1'000'000'000'006; // modulo any reach + 1: somewhere within it
  ann.comes_online();
  std::vector<std::int64_t> reach;
  for (int i = 0; i < 6; ++i) {
    ann.core.lost({.reason = "gone"}, ann.now);
    REQUIRE(ann.core.wakes_at());
    const auto wait = *ann.core.wakes_at() - ann.now;
    const auto most = std::min(1'000, 100 << i);
    CHECK(wait == static_cast<std::int64_t>(ann.luck % static_cast<std::uint64_t>(most + 1)));
    ann.now = *ann.core.wakes_at();
    ann.core.tick(ann.now);
    CHECK(ann.wants(0));
  }
}

SCENARIO("silence is noticed") {
  device ann;
  ann.comes_online();
  ann.core.take_actions();
  ann.now += 25'000;
  ann.core.tick(ann.now);
  const auto ping = ann.sent<requests::ping>();
  REQUIRE(ping.size() == 1);
  SECTION("an answer keeps the connection") {
    ann.gets(server::pong{.re = ping[0].id, .time = 1});
    ann.core.tick(ann.now + 24'999);
    CHECK(ann.core.state() == link_state::online);
  }
  SECTION("none ends it") {
    ann.core.tick(ann.now + 25'000);
    CHECK(ann.wants(1));
    CHECK(ann.core.state() == link_state::waiting);
  }
}

SCENARIO("a draining node is left in one's own slot") {
  device ann;
  ann.sits_in_lounge();
  ann.gets(server::goaway{.after_ms = 700, .resume = "elsewhere"});
  CHECK(ann.core.wakes_at() == ann.now + 700);
  ann.now += 700;
  ann.core.tick(ann.now);
  CHECK(ann.wants(1));
  CHECK(ann.core.wakes_at() == ann.now);
  ann.core.tick(ann.now);
  CHECK(ann.wants(0));
  ann.core.opened(ann.now);
  CHECK(ann.sent<requests::hello>().at(0).resume == "elsewhere");
}

SCENARIO("close codes say whether to come back") {
  device ann;
  ann.comes_online();
  SECTION("4503 banned: no") { ann.core.lost({.code = 4503}, ann.now); }
  SECTION("4401 without another name to offer: no") { ann.core.lost({.code = 4401}, ann.now); }
  CHECK(ann.core.state() == link_state::ended);
  CHECK_FALSE(ann.core.wakes_at());
}

SCENARIO("no more sends are under way than the server allows") {
  device ann;
  ann.core.start(ann.now);
  ann.core.opened(ann.now);
  ann.welcomed(2);
  for (int i = 0; i < 3; ++i)
    ann.core.send({.room = "r", .body = std::to_string(i)}, ann.now);
  const auto first = ann.sent<requests::send>();
  REQUIRE(first.size() == 2);
  ann.gets(server::ack{.re = first[0].id, .room = "r", .cid = first[0].cid, .epoch = "e", .seq = 1});
  CHECK(ann.sent<requests::send>().size() == 1);
}

SCENARIO("typing and marks do not flood") {
  device ann;
  ann.sits_in_lounge();
  ann.core.typing("lounge", ann.now);
  ann.core.typing("lounge", ann.now + 2'999);
  CHECK(ann.sent<requests::typing>().size() == 1);
  ann.core.typing("lounge", ann.now + 3'000);
  CHECK(ann.sent<requests::typing>().size() == 1);
  ann.core.mark("lounge", 5, ann.now);
  ann.core.mark("lounge", 4, ann.now);
  CHECK(ann.sent<requests::mark>().size() == 1);
}
