// When the well-behaved client waits, comes back and gives up.
#include "tests/client/device.hpp"

using namespace troupe;
using namespace troupe::tests;

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

SCENARIO("a node that did not read who one is in time is asked again") {
  device ann;
  ann.core.start(ann.now);
  ann.core.opened(ann.now);
  WHEN("it says nothing but 4401") {
    ann.core.lost({.code = 4401}, ann.now);
    CHECK(ann.core.state() == link_state::waiting);
  }
  WHEN("it refuses the name first") {
    ann.gets(server::error{.re = 1, .code = code::unauthorized, .retry = retry::reauth});
    ann.core.lost({.code = 4401}, ann.now);
    CHECK(ann.core.state() == link_state::ended);
  }
}

SCENARIO("a token that is always the same is offered once") {
  for (const bool fixed : {false, true}) {
    diary told;
    session_core core{{.token = [] { return std::string{"a.b.c"}; },
                       .token_is_fixed = fixed,
                       .random = [] { return 7; },
                       .wall_clock = [] { return 1'000'000; }},
                      told};
    core.start(0);
    core.opened(0);
    core.received(server::error{.re = 1, .code = code::unauthorized, .retry = retry::reauth}, 1);
    core.lost({.code = 4401}, 1);
    CHECK(core.state() == (fixed ? link_state::ended : link_state::waiting));
  }
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
