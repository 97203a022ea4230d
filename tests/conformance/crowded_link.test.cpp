// Many ask for much at one time, at a node that does not own the room.
#include "tests/conformance/setting.hpp"

#include <memory>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr auto small_links = "[cluster]\nlink_bytes_max = 1048576\n"; // The least.

} // namespace

SCENARIO("a crowd that wants history at one moment gets it, over a link that stays") {
  CLAUSE("`fetch{id, room, after? or before?, limit, raw?}`");
  temporary_directory directory{"troupe-crowd"};
  const auto data = directory / "data";
  auto owner = node::started({.data = data, .name = "owner", .config = small_links});
  auto entrance =
    node::started({.data = data, .name = "entrance", .config = std::string{small_links} + "weight = 0\n"});
  const auto room = fresh_room();
  live_client writer{owner, fresh_user()};
  for (int i = 0; i < 12; ++i)
    writer.sends(room, std::string(15'000, 'x'));

  // Sixty times four pages of 180 KB are 43 MB; 1 MiB may be on the wire.
  std::vector<std::unique_ptr<live_client>> crowd;
  for (int i = 0; i < 60; ++i)
    crowd.push_back(std::make_unique<live_client>(entrance, fresh_user()));
  WHEN("they join with all of it, and fetch the same again and again") {
    std::vector<std::pair<live_client*, protocol::request_id>> joins;
    for (auto& person : crowd)
      joins.emplace_back(person.get(), person->starts(say::join{.room = room, .limit = 200}));
    for (const auto& [person, id] : joins)
      CHECK(std::get<hear::joined>(person->answer_to(id)).messages.size() == 12);

    std::vector<std::pair<live_client*, protocol::request_id>> fetches;
    for (int n = 0; n < 3; ++n)
      for (auto& person : crowd)
        fetches.emplace_back(person.get(), person->starts(say::fetch{.room = room, .limit = 200}));
    for (const auto& [person, id] : fetches)
      CHECK(std::get<hear::page>(person->answer_to(id)).messages.size() == 12);

    THEN("nobody else noticed") {
      CHECK(crowd.front()->sends(room, "here I am").seq == 13);
      CHECK(owner.output().find("starts anew") == std::string::npos);
      CHECK(entrance.output().find("starts anew") == std::string::npos);
    }
  }
}
