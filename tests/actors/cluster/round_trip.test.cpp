// What one node encodes, another one reads.
#include "tests/actors/cluster/samples.hpp"

#include <catch2/catch.hpp>

using namespace troupe::actors;
using namespace troupe::actors::testing;

SCENARIO("an item is read as it was written, whatever it holds") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed)
    for (const auto& [name, what] : random_items(seed * 1'000)) {
      CAPTURE(seed, name);
      const auto encoded = encode_item(what);
      REQUIRE(same(decode_item(*encoded), what));
      const auto read = items_of(envelope_of({what}));
      REQUIRE(read.size() == 1);
      REQUIRE(same(read.front(), what));
      REQUIRE(encode_item(read.front())->bytes == encoded->bytes);
    }
}

SCENARIO("an envelope holds its header and its items in their order") {
  std::vector<item> items;
  for (auto& [name, what] : fixed_items())
    items.push_back(std::move(what));
  const envelope_header header{11, 12, 13, 14, 15, 16};
  const auto bytes = envelope_of(items, header);
  const auto head = read_head(bytes);
  REQUIRE(std::holds_alternative<sealed_envelope>(head));
  CHECK(std::get<sealed_envelope>(head).header == header);
  CHECK(std::get<sealed_envelope>(head).items.size() == bytes.size() - envelope_head_bytes);
  CHECK(same(items_of(bytes), items));
}

SCENARIO("an encoded item knows what a link has to know about it") {
  const auto full_of = [](item what) { return encode_item(what)->full; };
  CHECK(full_of(for_room{"r", 1, to_room::submit{}}) == when_full::refuse);
  CHECK(full_of(for_room{"r", 1, to_room::typing{}}) == when_full::drop);
  CHECK(full_of(for_room{"r", 1, to_room::join{}}) == when_full::reset);
  CHECK(full_of(for_relay{"r", 1, from_room::published{}}) == when_full::fall_behind);
  CHECK(full_of(for_relay{"r", 1, from_room::presence_changed{}}) == when_full::fall_behind);
  CHECK(full_of(for_relay{"r", 1, from_room::marks_changed{}}) == when_full::fall_behind);
  CHECK(full_of(for_relay{"r", 1, from_room::typing_seen{}}) == when_full::drop);
  CHECK(full_of(for_relay{"r", 1, from_room::behind{}}) == when_full::reset);
  CHECK(full_of(for_relay{"r", 1, from_room::admitted{}}) == when_full::reset);
  CHECK(full_of(for_users{}) == when_full::drop);
  CHECK(full_of(look{}) == when_full::drop);
  CHECK(full_of(for_relay{"r", 1, from_room::ended{}}) == when_full::reset);

  from_room::published two{"e1", troupe::protocol::durability::disk, {{}, {}}, false};
  two.records[0].seq = 7;
  two.records[1].seq = 8;
  const auto encoded = encode_item(for_relay{"lounge", 5, two});
  CHECK(encoded->room == "lounge");
  CHECK(encoded->term == 5);
  CHECK(encoded->epoch == "e1");
  CHECK(encoded->head == 8);
}
