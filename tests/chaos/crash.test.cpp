// An actor that throws: its room is rebuilt from the log, others do not notice, and what keeps crashing is closed.
#include "tests/chaos/run.hpp"
#include "tests/support/plain_http.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::tests;

namespace {

node fragile_node() {
  return node::started({.binary = faulty_binary(), .environment = {{"TROUPE_PLANT", "room_throws"}}});
}

} // namespace

SCENARIO("a room that throws is rebuilt; its members notice a pause") {
  node server = fragile_node();
  live_client ann{server, "ann"};
  live_client bob{server, "bob"};
  live_client eve{server, "eve"};
  ann.joins("lounge");
  bob.joins("lounge");
  ann.joins("elsewhere");
  bob.joins("elsewhere");
  for (int crash = 1; crash <= 3; ++crash) {
    CAPTURE(crash);
    const auto head = ann.sends("lounge", "before").seq;
    eve.starts(say::send{.room = "lounge", .cid = new_cid(), .body = "kaboom"});
    // Neither are others touched, nor is anybody disconnected.
    CHECK(ann.sends("elsewhere", "calm").seq == static_cast<seq_t>(crash));
    hear::ack after;
    const auto cid = new_cid();
    ann.wait(
      [&] {
        auto answer = ann.asks(say::send{.room = "lounge", .cid = cid, .body = "after"});
        if (const auto* ack = std::get_if<hear::ack>(&answer)) {
          after = *ack;
          return true;
        }
        return false;
      },
      "an ack after the crash");
    CHECK(after.seq == head + 1);
    CHECK(bob.next_message().room == "lounge");
    std::vector<std::string> heard;
    while (heard.size() < 2)
      heard.push_back(bob.next_message().body);
    CHECK(std::count(heard.begin(), heard.end(), "calm") == 1);
    CHECK(std::count(heard.begin(), heard.end(), "after") == 1);
  }
  CHECK(ann.who("lounge").users == std::vector<std::string>{"ann", "bob"});
  const auto metrics = http_get(server.port(), "/metrics");
  REQUIRE(metrics);
  INFO(metrics->body.substr(metrics->body.find("troupe_room_rebuild_seconds_total"), 80));
  CHECK(metrics->body.find("troupe_rooms_rebuilt_total 3\n") != std::string::npos);
}

SCENARIO("a room that keeps throwing is closed, loudly, and alone") {
  node server = fragile_node();
  live_client ann{server, "ann"};
  ann.joins("elsewhere");
  for (int crash = 0; crash < 5; ++crash)
    CHECK(
      std::holds_alternative<hear::error>(ann.asks(say::send{.room = "lounge", .cid = new_cid(), .body = "kaboom"})));
  CHECK(server.child().says("QUARANTINE"));
  // The sender gets an error, never silence.
  const auto refused = ann.asks(say::send{.room = "lounge", .cid = new_cid(), .body = "hello?"});
  REQUIRE(std::holds_alternative<hear::error>(refused));
  CHECK(std::get<hear::error>(refused).retry == protocol::retry::never);
  CHECK(ann.sends("elsewhere", "calm").seq == 1);
  CHECK(server.running());
}
