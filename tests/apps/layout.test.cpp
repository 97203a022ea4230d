#include "apps/troupe/bench/layout.hpp"
#include "apps/troupe/bench/stamp.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>

using namespace troupe::bench;

TEST_CASE("every sender is found again by its index") {
  settings s;
  s.what = GENERATE(scenario::fanout, scenario::rooms, scenario::echo, scenario::durable);
  s.connections = 50;
  s.rooms = 7;
  s.members = 5;
  s.senders = GENERATE(0u, 2u, 3u);
  if (s.what == scenario::durable && s.senders != 0)
    s.senders *= 7;
  const auto l = plan(s, 1);
  std::set<std::uint32_t> found;
  for (std::uint32_t c = 0; c < l.connections; ++c) {
    if (!l.sends(c))
      continue;
    const auto index = l.sender_index(l.room_of(c), l.seat_of(c));
    CHECK(l.connection_of(index) == c);
    CHECK(found.insert(index).second);
  }
  CHECK(found.size() == l.rooms() * l.senders);
  CHECK(*found.rbegin() == found.size() - 1);
}

TEST_CASE("names keep within the protocol's limits and are their own") {
  settings s;
  s.what = scenario::idle;
  s.connections = 1'000;
  s.users = 10;
  const auto l = plan(s, 0xdeadbeef);
  std::set<std::string> users;
  for (std::uint32_t c = 0; c < l.connections; ++c)
    users.insert(l.user_name(c));
  CHECK(users.size() == 10);
  CHECK(l.rooms() == 10);
  CHECK(l.room_name(0) == "bench/mem/deadbeef-000000");
  CHECK(l.room_name(9) == "bench/mem/deadbeef-000009");
}

TEST_CASE("the direct message has its users in byte order") {
  settings s;
  s.what = scenario::echo;
  const auto l = plan(s, 7);
  CHECK(l.user_name(0) < l.user_name(1));
  CHECK(l.room_name(0) == "dm:" + l.user_name(0) + ":" + l.user_name(1));
}

TEST_CASE("settings that do not fit together are refused") {
  settings s;
  s.connections = 4;
  s.senders = 5;
  CHECK_THROWS_AS(plan(s, 1), std::invalid_argument);
  s = {};
  s.payload_bytes = stamp_bytes - 1;
  CHECK_THROWS_AS(plan(s, 1), std::invalid_argument);
  s = {};
  s.rate_per_s = 0;
  CHECK_THROWS_AS(plan(s, 1), std::invalid_argument);
  s = {};
  s.what = scenario::durable;
  s.dialect = speech::hub;
  CHECK_THROWS_AS(plan(s, 1), std::invalid_argument);
}

TEST_CASE("a stamp reads back as it was written") {
  const stamp written{0xdeadbeef, 0, 4'294'967'295u, 12'345, GENERATE(0, 1, INT64_MAX, -1, 1'234'567'890'123)};
  std::string text;
  write_stamp(text, written, 128);
  CHECK(text.size() == 128);
  stamp read;
  REQUIRE(read_stamp(text.data(), read));
  CHECK(read == written);
}

TEST_CASE("no other text passes for a stamp") {
  std::string text;
  write_stamp(text, stamp{1, 2, 3, 4, 5}, stamp_bytes);
  CHECK(text.size() == stamp_bytes);
  stamp read;
  for (std::size_t i = 0; i < stamp_bytes; ++i) {
    for (const char wrong : {'`', 'q', 'A', '0', '.', ' ', '\0', '\xff'}) {
      auto changed = text;
      changed[i] = wrong;
      CHECK_FALSE(read_stamp(changed.data(), read));
    }
  }
}
