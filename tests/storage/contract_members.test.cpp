// message_log's contract: belonging, marks, the inbox.
#include "tests/storage/message_log_contract.hpp"
#include "tests/storage/story.hpp"

#include <catch2/catch.hpp>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

std::vector<std::string> names(const inbox_result& inbox) {
  std::vector<std::string> all;
  for (const auto& row : inbox.rooms)
    all.push_back(row.room);
  return all;
}

} // namespace

TEST_CASE("marks only rise, the role is what was said last") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  CHECK(lounge.belongs("ann", "member", 5, 7) == status::ok);
  CHECK(lounge.belongs("ann", "moderator", 4, 9) == status::ok);
  CHECK(lounge.belongs("bob", "reader") == status::ok);
  CHECK(lounge.opens().head.members == std::vector<member_row>{{"ann", "moderator", 5, 9}, {"bob", "reader", 0, 0}});

  SECTION("until the belonging ends") {
    CHECK(change_member(store->log(), {"lounge", lounge.term(), {"ann", "", 0, 0}, true}) == status::ok);
    CHECK(lounge.opens().head.members == std::vector<member_row>{{"bob", "reader", 0, 0}});
    CHECK(lounge.belongs("ann", "member", 1, 1) == status::ok);
    CHECK(lounge.opens().head.members.at(0) == member_row{"ann", "member", 1, 1});
  }
  SECTION("and a room that is not there has no members") {
    CHECK(change_member(store->log(), {"nowhere", store->term_of("nowhere"), {"ann", "member", 0, 0}, false}) ==
          status::not_found);
  }
}

TEST_CASE("who belongs to as many rooms as allowed is told so, and may go on where they belong") {
  TROUPE_EACH_BACKEND(store);
  const auto belong = [&](const std::string& room, bool forget = false) {
    return change_member(store->log(), {room, store->term_of(room), {"ann", "member", 0, 0}, forget, 2});
  };
  for (const auto* name : {"a", "b", "c"}) {
    room_story room{store->log(), name, store->term_of(name)};
    room.opens();
  }
  CHECK(belong("a") == status::ok);
  CHECK(belong("b") == status::ok);
  CHECK(belong("c") == status::too_many_rooms);
  CHECK(belong("b") == status::ok);
  CHECK(belong("a", true) == status::ok);
  CHECK(belong("a", true) == status::ok);
  CHECK(belong("c") == status::ok);
}

TEST_CASE("the inbox lists the rooms of a user by name, in pages") {
  TROUPE_EACH_BACKEND(store);
  for (const auto* name : {"e", "a", "c", "d", "b", "f"}) {
    room_story room{store->log(), name, store->term_of(name)};
    room.opens();
    if (*name != 'f')
      REQUIRE(room.belongs("ann", "member", 1) == status::ok);
    room.belongs("bob", "member");
  }
  room_story c{store->log(), "c", store->term_of("c")};
  c.opens();
  c.appends_texts(3, 1);

  auto page = inbox(store->log(), {"ann", "", 3});
  CHECK(page.status == status::ok);
  CHECK(names(page) == std::vector<std::string>{"a", "b", "c"});
  CHECK(page.more);
  CHECK(page.rooms[2].head == 3);
  CHECK(page.rooms[2].read == 1);
  CHECK(page.rooms[2].role == "member");
  CHECK(page.rooms[0].head == 0);
  page = inbox(store->log(), {"ann", "c", 2});
  CHECK(names(page) == std::vector<std::string>{"d", "e"});
  CHECK_FALSE(page.more);
  CHECK(inbox(store->log(), {"nobody", "", 3}).rooms.empty());

  SECTION("without those it has forgotten") {
    change_member(store->log(), {"a", store->term_of("a"), {"ann", "", 0, 0}, true});
    page = inbox(store->log(), {"ann", "", 10});
    CHECK(names(page) == std::vector<std::string>{"b", "c", "d", "e"});
    CHECK_FALSE(page.more);
  }
}

TEST_CASE("what is released is forgotten in memory and kept on the disk") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  lounge.appends_texts(3, 1);
  lounge.belongs("ann", "member");
  store->log().release("lounge");
  const auto opened = open(store->log(), {"lounge", lounge.term(), "a fresh epoch", 10, 512});
  if (store->durable()) {
    CHECK(opened.head.epoch == lounge.epoch());
    CHECK(opened.head.head == 3);
    CHECK(inbox(store->log(), {"ann", "", 10}).rooms.size() == 1);
  } else {
    CHECK(opened.head.epoch == "a fresh epoch");
    CHECK(opened.head.head == 0);
    CHECK(inbox(store->log(), {"ann", "", 10}).rooms.empty());
  }
}
