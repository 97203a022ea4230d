// tests/simulation/town_life.hpp
//
// People who do things in rooms, one after the other, and what becomes of each.
#pragma once

#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>

namespace troupe::tests {

namespace server = troupe::protocol::server;

inline simulation::options town(bool on_disk = true) {
  simulation::options how;
  how.on_disk = on_disk;
  how.node.rate_limit.requests_per_s = 0;
  config::room_policy open;
  open.pattern = "open/:name";
  open.creator_is_owner = true;
  open.passivate_after_ms = 1'000;
  auto closed = open;
  closed.pattern = "closed/:name";
  closed.default_role = protocol::role::none;
  auto slow = open;
  slow.pattern = "slow/:name";
  slow.slow_mode_ms = 10'000;
  how.node.rooms = {open, closed, slow, config::room_policy{}};
  return how;
}

/// What became of a request: '+' done, 'f' forbidden, 'n' not_found, 'b' bad_request, 'c' conflict, 'r' rate_limited.
inline char outcome(const sim_client& who, protocol::request_id id) {
  for (const auto& error : who.all<server::error>())
    if (error.re == id)
      switch (error.code) {
      case protocol::code::forbidden: return 'f';
      case protocol::code::not_found: return 'n';
      case protocol::code::bad_request: return 'b';
      case protocol::code::conflict: return 'c';
      case protocol::code::rate_limited: return 'r';
      default: return '?';
      }
  const auto answers = [&](const auto& all) {
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.re == id; });
  };
  const bool done = answers(who.all<server::ack>()) || answers(who.all<server::joined>()) ||
                    answers(who.all<server::page>()) || answers(who.all<server::presence>()) ||
                    answers(who.all<server::ok>());
  return done ? '+' : '-';
}

/// People who do things in rooms, one after the other.
class town_life {
public:
  explicit town_life(std::uint32_t seed, simulation::options how = town()) : sim(seed, std::move(how)) {}

  sim_client& person(const std::string& name) {
    auto& known = people_[name];
    if (!known)
      known = &sim.enters(name);
    return *known;
  }

  /// Gives the outcome. `rest` are the fields behind the id.
  char does(const std::string& name, const std::string& type, const std::string& rest) {
    auto& who = person(name);
    const auto id = ++ids_;
    who.says(R"({"type":")" + type + R"(","id":)" + std::to_string(id) + "," + rest + "}");
    sim.settle();
    return outcome(who, id);
  }

  char joins(const std::string& name, const std::string& room) { return does(name, "join", in(room)); }
  char sends(const std::string& name, const std::string& room, const std::string& more = R"("body":"hi")") {
    return does(name, "send", in(room) + "," + cid_of(name) + "," + more);
  }
  char moderates(const std::string& name, const std::string& room, const std::string& order) {
    return does(name, "moderate", in(room) + "," + cid_of(name) + "," + order);
  }
  char gives(const std::string& room, const std::string& role, const std::string& to) {
    return moderates("root", room, R"("action":"role","role":")" + role + R"(","user":")" + to + "\"");
  }
  std::string cid_of(const std::string& name) { return R"("cid":")" + person(name).new_cid() + "\""; }
  static std::string in(const std::string& room) { return R"("room":")" + room + "\""; }

  simulation sim;

private:
  std::map<std::string, sim_client*> people_;
  protocol::request_id ids_ = 1'000;
};

inline std::string on(const std::string& action, const std::string& user, const std::string& more = {}) {
  return R"("action":")" + action + R"(","user":")" + user + "\"" + more;
}

/// root owns the room, max moderates it, bob is a member; each has said something: seqs 2 … as below.
inline void furnish(town_life& life, const std::string& room, const std::string& standing) {
  REQUIRE(life.joins("root", room) == '+'); // seq 1: root is the owner
  REQUIRE(life.sends("root", room) == '+'); // seq 2
  REQUIRE(life.gives(room, "moderator", "max") == '+');
  REQUIRE(life.gives(room, "member", "bob") == '+');
  REQUIRE(life.sends("bob", room) == '+'); // seq 5
  if (standing == "muted") {
    REQUIRE(life.gives(room, "member", "ann") == '+');
    REQUIRE(life.moderates("root", room, on("mute", "ann")) == '+');
  } else if (standing == "banned") {
    REQUIRE(life.moderates("root", room, on("ban", "ann")) == '+');
  } else if (standing != "stranger") {
    REQUIRE(life.gives(room, standing, "ann") == '+');
  }
}

} // namespace troupe::tests
