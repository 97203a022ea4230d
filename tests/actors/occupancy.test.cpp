#include "actors/occupancy.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

std::vector<protocol::server::presence> pass(occupancy& o, protocol::time_ms now) {
  room_effects out;
  o.pass(now, out, "lounge");
  std::vector<protocol::server::presence> all;
  for (const auto& effect : out)
    all.push_back(std::get<from_room::presence_changed>(std::get<room_does::tell>(effect).what).change);
  return all;
}

} // namespace

SCENARIO("a lost connection waits its grace, and a return within it is not seen") {
  occupancy o(5'000, 100);
  o.start(1'000);
  o.enter("ann", 1'000);
  CHECK(pass(o, 1'000).front().join == std::vector<std::string>{"ann"});
  o.leave("ann", "timeout", 2'000);
  CHECK(o.next() == 7'000);
  CHECK(pass(o, 6'999).empty());
  o.enter("ann", 6'999);
  CHECK(pass(o, 20'000).empty());
  o.leave("ann", "timeout", 20'000);
  const auto gone = pass(o, 25'000);
  REQUIRE(gone.size() == 1);
  CHECK(gone.front().leave->front().why == "timeout");
  CHECK(o.next() == 0);
}

SCENARIO("who leaves in words leaves at once") {
  occupancy o(5'000, 100);
  o.enter("ann", 1);
  pass(o, 1);
  o.leave("ann", "left", 2);
  CHECK(pass(o, 2).front().leave->front().why == "left");
}

SCENARIO("versions grow by one, and start above those of an earlier activation") {
  occupancy first(0, 100);
  first.start(1'000);
  for (int i = 0; i < 5; ++i) {
    first.enter("user" + std::to_string(i), 1'000 + i);
    pass(first, 1'000 + i);
  }
  CHECK(first.state().version == 1'000u * 1'024 + 5);
  occupancy second(0, 100);
  second.start(1'006);
  CHECK(second.state().version > first.state().version);
}

SCENARIO("changes of a big room are told together, and above the limit as a count and a sample") {
  occupancy o(0, 50);
  for (int i = 0; i < 51; ++i)
    o.enter("user" + std::to_string(i), 1);
  const auto first = pass(o, 10'000);
  REQUIRE(first.size() == 1);
  CHECK(first.front().count == 51u);
  CHECK(first.front().users->size() == 50);
  o.enter("late", 10'001);
  CHECK(pass(o, 10'001).empty());
  CHECK(o.next() > 10'001);
  CHECK(pass(o, o.next()).size() == 1);
}

SCENARIO("after somebody came back, everybody gets the whole list when the grace is over") {
  occupancy o(5'000, 100);
  o.start(1'000);
  o.rebuild(1'000);
  o.enter("ann", 1'000);
  CHECK(pass(o, 1'000).front().join == std::vector<std::string>{"ann"});
  CHECK(o.next() == 6'001);
  CHECK(pass(o, 6'000).empty());
  const auto all = pass(o, 6'001);
  REQUIRE(all.size() == 1);
  CHECK(all.front().users == std::vector<std::string>{"ann"});
  CHECK(all.front().version == o.state().version);
  CHECK(o.next() == 0);
}
