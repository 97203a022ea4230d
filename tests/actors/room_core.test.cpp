#include "actors/room_core.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace troupe;
using namespace troupe::actors;

namespace {

constexpr protocol::time_ms start = 1'700'000'000'000;

template <class News>
std::vector<News> news(const room_effects& all) {
  std::vector<News> found;
  for (const auto& effect : all)
    if (const auto* tell = std::get_if<room_does::tell>(&effect))
      if (const auto* one = std::get_if<News>(&tell->what))
        found.push_back(*one);
  return found;
}

to_room::join join(connection_id connection) {
  to_room::join what;
  what.relay = "node-b";
  what.connection = connection;
  what.user = "ann";
  what.re = connection;
  return what;
}

} // namespace

SCENARIO("before a room is open, who is one too many is told so, and who came and went is kept") {
  constexpr std::uint32_t mailbox_max = 2;
  room_snapshot fresh;
  fresh.room = "lounge";
  room_core room{fresh, config::room_policy{}, mailbox_max};
  for (connection_id connection = 1; connection <= mailbox_max; ++connection)
    CHECK(news<from_room::answered>(room.apply(join(connection), start)).empty());

  const auto refused = news<from_room::answered>(room.apply(join(3), start));
  REQUIRE(refused.size() == 1);
  CHECK(std::get<protocol::server::error>(refused.front().answer).code == protocol::code::overloaded);
  to_room::fetch fetch;
  fetch.relay = "node-b";
  CHECK(news<from_room::answered>(room.apply(fetch, start)).size() == 1);
  to_room::submit send;
  send.relay = "node-b";
  CHECK(news<from_room::refused>(room.apply(send, start)).size() == 1);
  room.apply(to_room::leave{"node-b", 1, "ann", std::nullopt, false, true}, start);
  room.apply(to_room::attach{"node-c", "", 0, {{9, "bob", std::nullopt}}, false}, start);

  storage::open_result opened{storage::status::ok, {}};
  opened.head.epoch = "e1";
  const auto out = room.apply(to_room::opened{opened}, start);
  CHECK(news<from_room::attached>(out).size() == 1);
  CHECK(room.members() == 2); // The second of node-b, and bob.
  CHECK(room.relays().count("node-c") == 1);
}

SCENARIO("a room that nobody needs asks once to be let go, and again only after as long") {
  room_snapshot fresh;
  fresh.room = "lounge";
  config::room_policy policy;
  policy.passivate_after_ms = 60'000;
  room_core room{fresh, policy, 16};
  storage::open_result opened{storage::status::ok, {}};
  opened.head.epoch = "e1";
  room.apply(to_room::attach{"node-c", "", 0, {}, false}, start);
  room.apply(to_room::opened{opened}, start);
  auto out = room.apply(to_room::lost{"node-c"}, start);
  std::vector<protocol::time_ms> asked;
  protocol::time_ms now = start;
  for (int woken = 0; woken < 100 && now < start + 200'000; ++woken) {
    for (const auto& effect : out)
      if (std::holds_alternative<room_does::passivate>(effect))
        asked.push_back(now - start);
    const auto wake = std::find_if(
      out.begin(), out.end(), [](const auto& effect) { return std::holds_alternative<room_does::wake_at>(effect); });
    REQUIRE(wake != out.end());
    now = std::get<room_does::wake_at>(*wake).time;
    out = room.apply(to_room::wake{}, now);
  }
  CHECK(asked == std::vector<protocol::time_ms>{60'000, 120'000, 180'000});
}
