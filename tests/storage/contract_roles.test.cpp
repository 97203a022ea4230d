// message_log's contract: what moderators decide is stored with the event that says so.
#include "tests/storage/message_log_contract.hpp"
#include "tests/storage/story.hpp"

#include <catch2/catch.hpp>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

append_result appends(message_log& log, room_story& room, unsigned cid_number, role_change change) {
  auto what = room.of({room.says("ann", "an order", cid_number, "system")});
  what.change = std::move(change);
  return append(log, std::move(what));
}

role_change row(role_row what) {
  role_change change;
  change.row = std::move(what);
  return change;
}

} // namespace

TEST_CASE("roles, bans and mutes are stored with their event, and given back when the room is opened") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  CHECK(lounge.opens().head.roles.empty());
  const role_row ann{"ann", "owner", 0, 0};
  const role_row bob{"bob", "", 5'000, 0};
  const role_row eve{"eve", "member", 0, 7'000};
  unsigned cid = 0;
  for (const auto& one : {eve, ann, bob})
    REQUIRE(appends(store->log(), lounge, ++cid, row(one)).status == status::ok);
  CHECK(lounge.opens().head.roles == std::vector{ann, bob, eve});
  CHECK(lounge.opens().head.head == 3);

  SECTION("a row replaces the one before, and one that says nothing removes it") {
    REQUIRE(appends(store->log(), lounge, ++cid, row({"bob", "reader", 0, 0})).status == status::ok);
    REQUIRE(appends(store->log(), lounge, ++cid, row({"eve", "", 0, 0})).status == status::ok);
    CHECK(lounge.opens().head.roles == std::vector<role_row>{ann, {"bob", "reader", 0, 0}});
  }
  SECTION("a run that is not stored changes nothing") {
    CHECK(appends(store->log(), lounge, 1, row({"ann", "", 9'000, 0})).status == status::duplicate);
    lounge.opens();
    lounge.says("ann", "never stored", 50);
    CHECK(appends(store->log(), lounge, 51, row({"ann", "", 9'000, 0})).status == status::seq_mismatch);
    CHECK(lounge.opens().head.roles == std::vector{ann, bob, eve});
  }
  SECTION("retention does not touch them") {
    lounge.appends_texts(20, 100);
    lounge.prunes(1);
    CHECK(lounge.opens().head.roles == std::vector{ann, bob, eve});
  }
  SECTION("another room has its own") {
    room_story kitchen{store->log(), "kitchen", store->term_of("kitchen")};
    CHECK(kitchen.opens().head.roles.empty());
  }
}

TEST_CASE("slow mode is nothing until somebody sets it") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  CHECK(lounge.opens().head.slow_mode_ms == std::nullopt);
  unsigned cid = 0;
  for (const std::int64_t interval : {5'000, 0}) {
    role_change change;
    change.slow_mode_ms = interval;
    REQUIRE(appends(store->log(), lounge, ++cid, change).status == status::ok);
    CHECK(lounge.opens().head.slow_mode_ms == interval);
  }
}

TEST_CASE("the inbox shows the role that was given, and loses the room of whoever does not belong any more") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  lounge.belongs("ann", "member", 1);
  lounge.belongs("bob", "member");
  REQUIRE(appends(store->log(), lounge, 1, row({"ann", "moderator", 0, 0})).status == status::ok);
  CHECK(inbox(store->log(), {"ann", "", 10}).rooms.at(0).role == "moderator");
  REQUIRE(appends(store->log(), lounge, 2, row({"ann", "", 0, 9'000})).status == status::ok);
  CHECK(inbox(store->log(), {"ann", "", 10}).rooms.at(0).role == "member");
  auto ban = row({"ann", "", 9'000, 0});
  ban.ends_belonging = true;
  REQUIRE(appends(store->log(), lounge, 3, ban).status == status::ok);
  CHECK(inbox(store->log(), {"ann", "", 10}).rooms.empty());
  CHECK(inbox(store->log(), {"bob", "", 10}).rooms.size() == 1);
  CHECK(lounge.opens().head.members == std::vector<member_row>{{"bob", "member", 0, 0}});
}
