// Backup, restore, verify: what an operator does with a log as a whole.
#include "storage/backup.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/verify.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace troupe::storage;
using namespace troupe::storage::testing;
using troupe::protocol::chain_start;

namespace {

void spoil(const std::string& directory, const std::string& sql) {
  sqlite_database{directory + "/log.db", sqlite_database::access::read_write}.execute(sql);
}

} // namespace

TEST_CASE("a restored log has everything of the backup, and a new epoch for every room") {
  const directory place;
  const auto file = place / "backup.db";
  std::string old_epoch;
  troupe::protocol::digest_bytes chain{};
  {
    const auto log = start(place / "one");
    auto lounge = opened_room(log, "lounge");
    old_epoch = lounge.epoch();
    lounge.appends_texts(10, 1);
    lounge.belongs("ann", "owner", 2);
    lounge.prunes(6);
    chain = lounge.chain();
    opened_room(log, "empty");
    const auto made = backup(place / "one", file);
    REQUIRE(made.failure.empty());
    CHECK(made.rooms == 2);
    CHECK(made.messages == 6);
    CHECK(made.bytes == std::filesystem::file_size(file));
    lounge.appends_texts(3, 11); // lost by the restore
  }
  const auto made = restore(file, place / "two");
  REQUIRE(made.failure.empty());
  CHECK(made.rooms == 2);
  CHECK(made.messages == 6);

  const auto log = start(place / "two");
  auto lounge = opened_room(log, "lounge");
  const auto head = lounge.opens(10).head;
  CHECK(head.epoch != old_epoch);
  CHECK(head.epoch.size() == 32);
  CHECK(head.head == 10);
  CHECK(head.min == 5);
  CHECK(head.chain == chain);
  CHECK(head.members == std::vector<member_row>{{"ann", "owner", 2, 0}});
  CHECK(lounge.appends({lounge.says("ann", "text 3", 3)}).status == status::duplicate);

  SECTION("the chain goes on from where it was, and verifies") {
    lounge.opens();
    REQUIRE(lounge.appends_texts(2, 21).status == status::ok);
    const auto report = verify(place / "two", "lounge");
    CHECK(report.failure.empty());
    CHECK_FALSE(report.fault);
    CHECK(report.head == 12);
    CHECK(report.messages == 8);
    CHECK(report.chain == lounge.chain());
    CHECK(report.epoch == lounge.epoch());
    CHECK(report.chain_epoch == old_epoch);
  }
  SECTION("a room that was empty begins its chain with the new epoch") {
    auto empty = opened_room(log, "empty");
    CHECK(empty.chain() == chain_start("empty", empty.epoch()));
    REQUIRE(empty.appends_texts(1, 1).status == status::ok);
    const auto report = verify(place / "two", "empty");
    CHECK_FALSE(report.fault);
    CHECK(report.chain_epoch == report.epoch);
  }
  SECTION("two restores of one backup are two logs") {
    REQUIRE(restore(file, place / "three").failure.empty());
    const auto other = start(place / "three");
    CHECK(opened_room(other, "lounge").epoch() != lounge.epoch());
  }
}

TEST_CASE("a backup made under load is one moment of the log") {
  const directory place;
  const auto log = start(place / "one");
  std::atomic<bool> stop{false};
  std::atomic<unsigned> stored{0};
  std::thread writer{[&] {
    auto lounge = opened_room(log, "lounge");
    for (unsigned i = 0; !stop; ++i)
      if (lounge.appends_texts(5, i * 5 + 1).status == status::ok)
        stored += 5;
  }};
  while (stored < 100)
    std::this_thread::yield();
  for (const auto* name : {"first", "second"}) {
    const auto at_least = stored.load();
    REQUIRE(backup(place / "one", place / name).failure.empty());
    REQUIRE(restore(place / name, place / (name + std::string{"-restored"})).failure.empty());
    const auto report = verify(place / (name + std::string{"-restored"}), "lounge");
    CHECK(report.failure.empty());
    CHECK_FALSE(report.fault);
    CHECK(report.head >= at_least);
    CHECK(report.head % 5 == 0); // runs are whole
  }
  stop = true;
  writer.join();
}

TEST_CASE("backup and restore refuse what would lose something, with what to do") {
  const directory place;
  { opened_room(start(place / "one"), "lounge").appends_texts(3, 1); }
  const auto file = place / "backup.db";
  CHECK_THAT(backup(place / "none", file).failure, Catch::Contains("there is no log in"));
  REQUIRE(backup(place / "one", file).failure.empty());
  CHECK_THAT(backup(place / "one", file).failure, Catch::Contains("exists already"));
  CHECK_THAT(backup(place / "one", place / "no/such/folder.db").failure, Catch::Contains("cannot back up"));
  CHECK_THAT(restore(place / "nothing.db", place / "two").failure, Catch::Contains("there is no file"));
  CHECK_THAT(restore(file, place / "one").failure, Catch::Contains("has a log already"));

  SECTION("a file of another kind") {
    std::ofstream{place / "letter.txt"} << std::string(10'000, 'x');
    CHECK_FALSE(restore(place / "letter.txt", place / "two").failure.empty());
    CHECK_FALSE(std::filesystem::exists(place / "two/log.db"));
    CHECK(std::filesystem::is_empty(place / "two"));
  }
  SECTION("a damaged backup") {
    { opened_room(start(place / "big"), "lounge").appends_texts(256, 1); }
    REQUIRE(backup(place / "big", place / "big.db").failure.empty());
    std::fstream damaged{place / "big.db", std::ios::in | std::ios::out | std::ios::binary};
    damaged.seekp(static_cast<std::streamoff>(std::filesystem::file_size(place / "big.db") / 2));
    damaged << std::string(8'192, '\xff');
    damaged.close();
    CHECK_FALSE(restore(place / "big.db", place / "two").failure.empty());
    CHECK_FALSE(std::filesystem::exists(place / "two/log.db"));
  }
  SECTION("a log that is in use") {
    const auto log = start(place / "one");
    opened_room(log, "lounge");
    CHECK_THAT(restore(place / "one/log.db", place / "two").failure, Catch::Contains("in use"));
  }
}

TEST_CASE("an erased body is not in a backup") {
  const directory place;
  const auto log = start(place / "one");
  auto lounge = opened_room(log, "lounge");
  lounge.appends({lounge.says("ann", "the-secret-word", 1)});
  lounge.appends({lounge.says("ann", "", 2, "delete", 1)});
  REQUIRE(backup(place / "one", place / "backup.db").failure.empty());
  std::ifstream in{place / "backup.db", std::ios::binary};
  const std::string all{std::istreambuf_iterator<char>{in}, {}};
  CHECK(all.find("the-secret-word") == std::string::npos);
  const auto report = verify(place / "one", "lounge");
  CHECK_FALSE(report.fault);
  CHECK(report.redacted == 1);
}

TEST_CASE("verify finds what was tampered with") {
  const directory place;
  {
    const auto log = start(place.path());
    auto lounge = opened_room(log, "lounge");
    REQUIRE(lounge
              .appends({lounge.says("ann", "one", 1), lounge.says("bob", "two", 2), lounge.says("ann", "three", 3),
                        lounge.says("ann", "drei", 4, "edit", 3), lounge.says("ann", "", 5, "delete", 3),
                        lounge.says("ann", "six", 6)})
              .status == status::ok);
  }
  const auto sound = verify(place.path(), "lounge");
  REQUIRE(sound.failure.empty());
  REQUIRE_FALSE(sound.fault);
  REQUIRE(sound.messages == 6);
  REQUIRE(sound.redacted == 2);
  REQUIRE(sound.cids == 6);

  struct row {
    const char* sql;
    seq_t seq;
    const char* says;
  };
  const auto [sql, seq, says] = GENERATE(values<row>({
    {"UPDATE message SET body = 'TWO' WHERE seq = 2", 2, "does not match its digest"},
    {"UPDATE message SET user = 'eve' WHERE seq = 2", 2, "chain value does not follow"},
    {"UPDATE message SET time = time + 1 WHERE seq = 6", 6, "chain value does not follow"},
    {"UPDATE message SET time = 1 WHERE seq = 6", 6, "time lies before"},
    {"UPDATE message SET term = 0 WHERE seq = 2", 2, "term is lower"},
    {"UPDATE message SET reply_to = 1 WHERE seq = 6", 6, "chain value does not follow"},
    {"DELETE FROM message WHERE seq = 2", 3, "seq 2 is missing"},
    {"DELETE FROM message WHERE seq = 1", 2, "seq 1 is missing"},
    {"DELETE FROM message WHERE seq = 6", 6, "the log ends before"},
    {"UPDATE message SET body = '', salt = NULL, redacted = 1 WHERE seq = 2", 2, "no delete says so"},
    {"UPDATE message SET body = 'three' WHERE seq = 3", 3, "marked as erased"},
    {"UPDATE room SET anchor = zeroblob(32)", 0, "anchor is not the start"},
    {"DELETE FROM sent WHERE seq = 2", 2, "is not remembered"},
    {"UPDATE sent SET seq = 1 WHERE seq = 2", 2, "stored first as seq 1"},
    {"UPDATE sent SET digest = zeroblob(32) WHERE seq = 2", 2, "digest remembered"},
    {"INSERT INTO sent(room, user, cid, seq, digest) VALUES(1, 'eve', 'x', 2, zeroblob(32))", 2,
     "not the message's own"},
  }));
  CAPTURE(sql);
  spoil(place.path(), sql);
  const auto report = verify(place.path(), "lounge");
  REQUIRE(report.fault);
  CHECK(report.fault->seq == seq);
  CHECK_THAT(report.fault->what, Catch::Contains(says));
}

TEST_CASE("verify goes on from the anchor of a pruned room and forgives cids below the floor") {
  const directory place;
  const auto log = start(place.path());
  auto lounge = opened_room(log, "lounge");
  lounge.appends_texts(10, 1);
  REQUIRE(lounge.prunes(4, 0, cid_time_0 + 9).status == status::ok);
  const auto report = verify(place.path(), "lounge");
  CHECK_FALSE(report.fault);
  CHECK(report.min == 7);
  CHECK(report.messages == 4);
  CHECK(report.cids == 2);
  spoil(place.path(), "UPDATE room SET anchor = zeroblob(32)");
  CHECK(verify(place.path(), "lounge").fault->seq == 7);
}

TEST_CASE("rooms are listed by name; a room or a log that is not there is said to be missing") {
  const directory place;
  CHECK_FALSE(list_rooms(place.path()).failure.empty());
  CHECK_FALSE(verify(place.path(), "lounge").failure.empty());
  const auto log = start(place.path());
  opened_room(log, "b").appends_texts(3, 1);
  opened_room(log, "a").belongs("ann", "member");
  const auto list = list_rooms(place.path());
  REQUIRE(list.rooms.size() == 2);
  CHECK(list.rooms[0].room == "a");
  CHECK(list.rooms[0].members == 1);
  CHECK(list.rooms[0].head == 0);
  CHECK(list.rooms[1].room == "b");
  CHECK(list.rooms[1].head == 3);
  const auto missing = verify(place.path(), "c");
  CHECK(missing.failure.empty());
  CHECK_FALSE(missing.found);
}
