// Whole runs of the load generator against a hub in this process, honest or not. No
// figure is asserted, only what was counted.
#include "apps/troupe/bench/run.hpp"
#include "apps/troupe/bench/report.hpp"
#include "tests/apps/tiny_hub.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <unistd.h>

using namespace troupe::bench;
using troupe::tests::tiny_hub;

namespace {

settings quick(const tiny_hub& hub) {
  settings s;
  s.dialect = speech::hub;
  s.url = "ws://127.0.0.1:" + std::to_string(hub.port()) + "/ws";
  s.connections = 20;
  s.rate_per_s = 4'000;
  s.duration_s = 0.4;
  s.warmup_s = 0.1;
  s.settle_s = 0.05;
  s.stall_s = 1.5;
  s.progress = false;
  return s;
}

} // namespace

SCENARIO("an honest hub gets a clean bill") {
  tiny_hub hub{{}};
  auto s = quick(hub);
  s.threads = GENERATE(1u, 3u);
  const bool closed = GENERATE(false, true);
  s.closed = closed;
  s.what = GENERATE(scenario::fanout, scenario::rooms);
  if (s.what == scenario::rooms) {
    s.rooms = 6;
    s.members = 4;
    s.senders = 2;
  }
  s.server_pids = {getpid()};
  const auto o = run(s);
  INFO(as_text(s, o));
  CHECK(o.clean());
  CHECK_FALSE(o.stalled);
  CHECK(o.sent > 0);
  CHECK(o.sums.arrived == o.sent * o.plan.members);
  CHECK(o.deliveries > 0);
  CHECK(o.window_cpu_s.has_value());
  const auto own_part =
    static_cast<double>(o.to_sender.count()) / static_cast<double>(o.to_sender.count() + o.to_others.count());
  CHECK(own_part == Approx(1.0 / o.plan.members).epsilon(0.01));
  CHECK(as_json(s, o).find("\"clean\":true") != std::string::npos);
}

SCENARIO("an echo has one message on its way at a time") {
  tiny_hub hub{{}};
  auto s = quick(hub);
  s.what = scenario::echo;
  s.closed = true;
  s.window = 1;
  const auto o = run(s);
  CHECK(o.clean());
  CHECK(o.sums.arrived == 2 * o.sent);
  CHECK(o.to_others.count() > 0);
}

SCENARIO("idle connections are held and counted") {
  tiny_hub hub{{}};
  auto s = quick(hub);
  s.what = scenario::idle;
  s.connections = 150;
  s.members = 40;
  s.hold_s = 0.1;
  s.server_pids = {getpid()};
  const auto o = run(s);
  CHECK(o.clean());
  CHECK(o.opened == 150);
  CHECK(o.plan.rooms() == 4);
  CHECK(o.sent == 0);
  CHECK(as_json(s, o).find("\"bytes_per_connection\":") != std::string::npos);
}

SCENARIO("each planted fault is found and counted") {
  WHEN("every 50th delivery is lost") {
    tiny_hub hub{{.lose_every = 50}};
    const auto o = run(quick(hub));
    THEN("exactly those are missing") {
      CHECK(o.sums.lost == o.sent * 20 / 50);
      CHECK(o.sums.duplicates + o.sums.disordered + o.sums.invented == 0);
      CHECK_FALSE(o.clean());
    }
  }
  WHEN("every 50th delivery comes twice") {
    tiny_hub hub{{.double_every = 50}};
    const auto o = run(quick(hub));
    THEN("exactly those are duplicates") {
      CHECK(o.sums.duplicates == o.sent * 20 / 50);
      CHECK(o.sums.lost + o.sums.disordered == 0);
      CHECK_FALSE(o.clean());
    }
  }
  WHEN("deliveries are swapped with the next") {
    tiny_hub hub{{.swap_every = 37}};
    auto s = quick(hub);
    s.senders = 1; // The order of two senders among one another is nobody's promise.
    const auto o = run(s);
    THEN("they are out of order") {
      CHECK(o.sums.disordered > 0);
      CHECK(o.sums.duplicates == 0);
      CHECK_FALSE(o.clean());
    }
  }
  WHEN("a delivery goes to another room") {
    tiny_hub hub{{.misdirect_every = 60}};
    auto s = quick(hub);
    s.what = scenario::rooms;
    s.rooms = 2;
    s.members = 10;
    const auto o = run(s);
    THEN("it is missing here and too much there") {
      CHECK(o.misdelivered == o.sent * 10 / 60);
      CHECK(o.sums.lost == o.misdelivered);
      CHECK_FALSE(o.clean());
    }
  }
  WHEN("a client is cut off") {
    tiny_hub hub{{.close_after = 100}};
    const auto o = run(quick(hub));
    THEN("its connection and what it did not get are counted") {
      CHECK(o.connections_lost == 1);
      CHECK(o.sums.lost > 0);
      CHECK_FALSE(o.clean());
      CHECK_FALSE(o.complaints.empty());
    }
  }
}

SCENARIO("a server that is not there is told, not measured") {
  settings s;
  s.progress = false;
  s.url = "ws://127.0.0.1:1/ws";
  s.connections = 3;
  const auto o = run(s);
  CHECK(o.opened == 0);
  CHECK_FALSE(o.clean());
  REQUIRE_FALSE(o.complaints.empty());
  CHECK(o.complaints[0].find("refused") != std::string::npos);
  CHECK_FALSE(doubts(s, o).empty());
}

SCENARIO("an address that cannot be read is refused with what to write") {
  settings s;
  s.progress = false;
  for (const auto* url : {"127.0.0.1:80", "http://127.0.0.1:80/", "ws://127.0.0.1/ws", "ws://127.0.0.1:99999/"}) {
    s.url = url;
    CHECK_THROWS_AS(run(s), std::invalid_argument);
  }
  s.url = "ws://127.0.0.1:1/ws";
  s.server_pids = {INT32_MAX};
  CHECK_THROWS_AS(run(s), std::invalid_argument);
}
