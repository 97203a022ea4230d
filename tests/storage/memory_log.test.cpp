// What only rooms in memory do: the ring.
#include "storage/memory_log.hpp"
#include "tests/storage/story.hpp"

#include <catch2/catch.hpp>

using namespace troupe::storage;
using namespace troupe::storage::testing;

TEST_CASE("a ring holds its newest records, one past it drops the oldest") {
  memory_log log;
  room_story lounge{log, "lounge", 1};
  lounge.opens(0, 4);
  lounge.appends_texts(4, 1);
  CHECK(lounge.opens(10, 4).head.min == 1);
  const auto first = *find(log, "lounge", 1);
  lounge.appends_texts(1, 5);
  const auto opened = lounge.opens(10, 4);
  CHECK(opened.head.min == 2);
  CHECK(opened.head.recent.size() == 4);
  const auto page = lounge.page({.after = 0});
  CHECK(page.prev == first.chain);
  CHECK(page.min == 2);

  SECTION("and forgets the cid of what it drops") {
    CHECK(lounge.appends({lounge.says("ann", "text 1", 1)}).status == status::ok);
  }
  SECTION("but not of what it holds") {
    CHECK(lounge.appends({lounge.says("ann", "text 2", 2)}).status == status::duplicate);
  }
  SECTION("and is cut when it is opened with a smaller ring") {
    CHECK(lounge.opens(10, 2).head.min == 4);
    CHECK(lounge.opens(10, 0).head.min == 5);
  }
}

TEST_CASE("a ring forgets changes with the records that made or carried them") {
  memory_log log;
  room_story lounge{log, "lounge", 1};
  lounge.opens(0, 3);
  lounge.appends({lounge.says("ann", "one", 1), lounge.says("ann", "uno", 2, "edit", 1),
                  lounge.says("bob", "+1", 3, "reaction", 1)});
  CHECK(lounge.page({.after = 0}).entries.at(0).body == "uno");
  lounge.appends({lounge.says("ann", "", 4, "delete", 2)});
  auto page = lounge.page({.after = 0});
  REQUIRE(seqs(page) == std::vector<std::uint64_t>{2, 3, 4});
  CHECK(page.entries[0].deleted == true);
  lounge.appends_texts(3, 10);
  page = lounge.page({.after = 0});
  CHECK(seqs(page) == std::vector<std::uint64_t>{5, 6, 7});
}

TEST_CASE("a done may use the log again") {
  memory_log log;
  room_story lounge{log, "lounge", 1};
  lounge.opens();
  bool second_stored = false;
  auto first = lounge.of({lounge.says("ann", "one", 1)});
  auto second = lounge.of({lounge.says("ann", "two", 2)});
  log.append(std::move(first), [&](append_result) {
    log.append(std::move(second), [&](append_result r) { second_stored = r.status == status::ok; });
  });
  CHECK(second_stored);
}
