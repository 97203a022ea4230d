// One past `room.rooms_max`, asked for at the node itself and at another one.
#include "tests/conformance/setting.hpp"

using namespace troupe;
using namespace troupe::tests;
using protocol::code;

namespace {

std::string pattern_of(const std::string& more) { return "[[rooms]]\npattern = \"*rest\"\n" + more; }

} // namespace

SCENARIO("a room too many is refused at once, whichever node is asked, and served when there is space again") {
  CLAUSE("`overloaded`");
  temporary_directory directory{"troupe-full"};
  const auto data = directory / "data";
  // Two rooms: the bound is divided among the I/O threads, and each has one more.
  auto owner = node::started(
    {.data = data,
     .name = "owner",
     .io_threads = 1,
     .config = "[cluster]\nweight = 1\n[room]\nrooms_max = 1\n" + pattern_of("passivate_after_ms = 100\n")});
  auto entrance = node::started({.data = data, .name = "entrance", .config = "[cluster]\nweight = 0\n"});
  live_client ann{entrance, fresh_user()};
  live_client bob{owner, fresh_user()};
  const auto first = fresh_room();
  const auto second = fresh_room();
  const auto third = fresh_room();
  CHECK(ann.sends(first, "one").seq == 1);
  CHECK(ann.joins(second).head == 0);

  for (auto* person : {&ann, &bob}) {
    CAPTURE(person->user());
    const auto cid = new_cid();
    const auto send = person->refused_send(third, "no space", cid);
    CHECK(send.code == code::overloaded);
    CHECK(send.cid == cid);
    CHECK(send.after_ms == 1'000);
    CHECK(person->refused(protocol::client::join{.room = third}).code == code::overloaded);
  }
  // Who is there talks on.
  CHECK(ann.sends(second, "two").seq == 1);

  // The relay at the entrance goes after ten seconds without use, and the room after it.
  ann.leaves(second);
  std::optional<hear::joined> joined;
  for (const auto until = std::chrono::steady_clock::now() + 60s; !joined && std::chrono::steady_clock::now() < until;
       ann.lives_for(500ms)) {
    const auto answer = ann.asks(protocol::client::join{.room = third});
    if (const auto* taken_in = std::get_if<hear::joined>(&answer))
      joined = *taken_in;
  }
  REQUIRE(joined);
  CHECK(joined->head == 0);
  CHECK(ann.sends(third, "three").seq == 1);
}
