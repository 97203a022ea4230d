// Who asks for more than a connection takes is told less, and asks again: nobody is sent away for it.
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace troupe;
using namespace troupe::tests;

namespace server = troupe::protocol::server;

namespace {

constexpr unsigned seeds = 100;
constexpr unsigned rooms_many = 8;
constexpr unsigned messages_each = 20;

std::string room(unsigned i) { return "room-" + std::to_string(i); }

/// A connection takes about one page of what `talks_in_all` leaves.
simulation::options small_queues() {
  simulation::options how;
  how.node.outbound = {.bytes_max = 12'000, .drop_typing_bytes = 1'000, .conflate_bytes = 2'000, .gap_bytes = 4'000};
  how.node.session.fetches_inflight_max = 8;
  return how;
}

/// Gives where each room's log begins.
std::map<std::string, protocol::position> talks_in_all(simulation& sim, sim_client& who) {
  std::map<std::string, protocol::position> begins;
  for (unsigned i = 0; i < rooms_many; ++i) {
    who.joins(room(i));
    sim.settle();
    begins[room(i)] = {who.last<server::joined>()->epoch, 0};
    for (unsigned n = 0; n < messages_each; ++n)
      who.sends(room(i), std::string(200, 'x') + std::to_string(n));
    sim.settle();
  }
  return begins;
}

std::size_t refusals(const sim_client& who) {
  const auto all = who.all<server::error>();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& e) {
    return e.code == protocol::code::rate_limited && e.retry == protocol::retry::after && e.after_ms;
  }));
}

bool paused_anywhere(const sim_client& who) {
  for (unsigned i = 0; i < rooms_many; ++i)
    if (who.paused(room(i)))
      return true;
  return false;
}

} // namespace

SCENARIO("who comes back to more than a connection takes is joined to all of it, and reads on in pages") {
  const auto seed = GENERATE(range(1u, seeds + 1));
  CAPTURE(seed);
  simulation sim{seed, small_queues()};
  auto& ann = sim.enters("ann");
  const auto begins = talks_in_all(sim, ann);

  auto& bob = sim.enters("bob", begins, false);
  bob.stops_reading(false);
  sim.settle();
  CHECK_FALSE(bob.closed());
  const auto joins = bob.all<server::joined>();
  REQUIRE(joins.size() == rooms_many);
  std::size_t in_short = 0;
  for (const auto& joined : joins) {
    CHECK(joined.recovered);
    in_short += joined.messages.empty() && joined.more && !joined.presence ? 1 : 0;
  }
  CHECK(in_short > 0);

  WHEN("he reads on in all rooms at once, while ann talks") {
    for (unsigned i = 0; i < 1'000 && paused_anywhere(bob); ++i) {
      for (unsigned n = 0; n < rooms_many; ++n)
        bob.catches_up(room(n), 20);
      ann.sends(room(sim.random()() % rooms_many), "meanwhile");
      sim.run_some(sim.random()() % 60);
    }
    sim.settle();
    sim.pass(2'000);
    THEN("he has everything once and in order, knows who is there, and was not sent away") {
      CHECK_FALSE(bob.closed());
      CHECK_FALSE(paused_anywhere(bob));
      std::set<std::string> known;
      for (const auto& joined : joins)
        if (joined.presence)
          known.insert(joined.room);
      for (const auto& presence : bob.all<server::presence>())
        if (presence.users)
          known.insert(presence.room);
      CHECK(known.size() == rooms_many);
      for (unsigned n = 0; n < rooms_many; ++n)
        CHECK(bob.stream(room(n)) == ann.stream(room(n)));
      CHECK(sim.complaints() == std::vector<std::string>{});
    }
  }
}

SCENARIO("pages and lists beyond what waits to be read already are refused with a time, and had later") {
  const auto seed = GENERATE(range(1u, seeds / 4 + 1));
  CAPTURE(seed);
  simulation sim{seed, small_queues()};
  auto& ann = sim.enters("ann");
  talks_in_all(sim, ann);
  auto& bob = sim.enters("bob");
  bob.stops_reading(true);
  for (unsigned i = 0; i < 8; ++i)
    bob.fetches(room(i), 0, messages_each);
  sim.settle();
  bob.says(R"({"type":"rooms","id":999})");
  sim.settle();
  CHECK_FALSE(bob.closed());
  bob.stops_reading(false);
  sim.settle();
  const auto pages = bob.all<server::page>().size();
  CHECK(pages >= 1);
  CHECK(refusals(bob) == 8 - pages + (bob.all<server::rooms>().empty() ? 1 : 0));
  CHECK(refusals(bob) > 0);
  bob.fetches(room(7), 0, messages_each);
  sim.settle();
  CHECK(bob.all<server::page>().size() == pages + 1);
  CHECK(bob.last<server::page>()->messages.size() == messages_each);
}

SCENARIO("who is present is refused where it finds no space, and told when there is some") {
  const auto seed = GENERATE(range(1u, seeds / 4 + 1));
  CAPTURE(seed);
  simulation sim{seed, small_queues()};
  auto& ann = sim.enters("ann");
  talks_in_all(sim, ann);
  auto& bob = sim.enters("bob");
  bob.joins(room(0));
  sim.settle();
  bob.stops_reading(true);
  for (unsigned i = 0; i < 4; ++i)
    bob.fetches(room(i), 0, messages_each);
  sim.settle();
  auto& cat = sim.enters("cat");
  cat.joins(room(0));
  const auto told = bob.all<server::presence>().size();
  for (unsigned i = 0; i < 20; ++i)
    bob.says(R"({"type":"presence","id":)" + std::to_string(100 + i) + R"(,"room":"room-0"})");
  sim.settle();
  bob.stops_reading(false);
  sim.settle();
  CHECK(refusals(bob) > 3);
  CHECK_FALSE(bob.closed());
  sim.pass(2'000);
  const auto all = bob.all<server::presence>();
  REQUIRE(all.size() > told);
  const auto last = std::find_if(all.rbegin(), all.rend(), [](const auto& p) { return p.users.has_value(); });
  REQUIRE(last != all.rend());
  CHECK(std::find(last->users->begin(), last->users->end(), "cat") != last->users->end());
}
