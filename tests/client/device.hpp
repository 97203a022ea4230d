// tests/client/device.hpp
//
// A client that is fed with frames by hand, and writes down what it is told.
#pragma once

#include "client/session_core.hpp"
#include "protocol/names.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace troupe::tests {

using namespace troupe::client;
namespace requests = troupe::protocol::client;
namespace server = troupe::protocol::server;
using troupe::protocol::code;
using troupe::protocol::retry;

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

inline entry said(seq_t seq, std::string from, std::string body, std::string cid = "X") {
  return {.seq = seq, .from = std::move(from), .cid = std::move(cid), .kind = "text", .body = std::move(body)};
}

inline server::message pushed(seq_t seq, std::string from, std::string body, std::string cid = "X") {
  return {.room = "lounge",
          .epoch = "e1",
          .seq = seq,
          .from = std::move(from),
          .cid = std::move(cid),
          .kind = "text",
          .body = std::move(body)};
}

} // namespace troupe::tests
