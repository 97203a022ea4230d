// What only the SQLite log does: it outlives the process, shares reads, keeps its files in bounds.
#include "storage/filesystem.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_schema.hpp"
#include "tests/storage/disk.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

std::int64_t count(const std::string& directory, const char* sql) {
  sqlite_database database{directory + "/log.db", sqlite_database::access::read_write};
  return database.first_integer(sql);
}

/// Holds the writers' lock, as another node would in the middle of a commit.
class held_lock {
public:
  explicit held_lock(const std::string& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    ::flock(descriptor_, LOCK_EX);
  }
  ~held_lock() { ::close(descriptor_); }

private:
  int descriptor_;
};

} // namespace

TEST_CASE("a log that is closed and started again is the same log under higher terms") {
  const directory where;
  troupe::protocol::digest_bytes chain{};
  shard_terms terms{};
  incarnation_t incarnation = 0;
  {
    const auto log = start(where.path());
    terms = log.terms();
    incarnation = log.incarnation();
    auto lounge = opened_room(log, "lounge");
    lounge.appends_texts(5, 1);
    lounge.belongs("ann", "owner", 3, 4);
    lounge.prunes(4, 0, cid_time_0);
    chain = lounge.chain();
  }
  const auto log = start(where.path());
  for (shard_id shard = 0; shard < shard_count; ++shard)
    CHECK(log.terms()[shard] == terms[shard] + 1);
  CHECK(log.incarnation() == incarnation + 1);
  auto lounge = opened_room(log, "lounge");
  const auto head = lounge.opens(10).head;
  CHECK(head.head == 5);
  CHECK(head.min == 2);
  CHECK(head.chain == chain);
  CHECK(head.floor == cid_time_0);
  CHECK(head.members == std::vector<member_row>{{"ann", "owner", 3, 4}});
  const auto retried = lounge.appends({lounge.says("ann", "text 5", 5)});
  CHECK(retried.status == status::duplicate);
  CHECK(retried.duplicates.at(0).seq == 5);
}

TEST_CASE("every commit of messages is synced before it is answered") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  for (unsigned i = 1; i <= 10; ++i) {
    const auto before = disk::syncs.load();
    REQUIRE(lounge.appends_texts(1, i).status == status::ok);
    CHECK(disk::syncs > before);
  }
}

TEST_CASE("the memory of a cid outlives its message, down to the floor") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  for (const auto* user : {"ann", "bob", "cyd"})
    REQUIRE(lounge.appends_texts(4, user[0] == 'a' ? 1 : user[0] == 'b' ? 11 : 21, user).status == status::ok);
  REQUIRE(lounge.prunes(1).min == 12);
  const auto retried = lounge.appends({lounge.says("ann", "text 1", 1)});
  REQUIRE(retried.status == status::duplicate);
  CHECK(retried.duplicates[0].seq == 1);
  CHECK(retried.duplicates[0].message == std::nullopt);

  lounge.prunes(0, 0, cid_time_0 + 12);
  CHECK(count(where.path(), "SELECT count(*) FROM sent WHERE user = 'ann'") == 0);
  CHECK(count(where.path(), "SELECT count(*) FROM sent WHERE user = 'bob'") == 3);
  CHECK(count(where.path(), "SELECT count(*) FROM sent WHERE user = 'cyd'") == 4);
}

TEST_CASE("a large prune takes several commits and comes to its end") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  constexpr unsigned total = 2'560;
  for (unsigned i = 0; i < total; i += 256)
    REQUIRE(lounge.appends_texts(256, i + 1, "user-" + std::to_string(i)).status == status::ok);
  const auto commits = log->counters().commits.load();
  SECTION("of messages") {
    CHECK(lounge.prunes(10).min == total - 9);
    CHECK(log->counters().commits - commits == 3);
  }
  SECTION("by age, of messages and cids") {
    CHECK(lounge.prunes(0, 9'999'999, cid_time_0 + total).min == total);
    CHECK(count(where.path(), "SELECT count(*) FROM sent") == 1);
  }
}

TEST_CASE("a push row is written per message when the room asks for it") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  auto quiet = lounge.of({lounge.says("ann", "no push", 1)});
  REQUIRE(append(*log, quiet).status == status::ok);
  CHECK(count(where.path(), "SELECT count(*) FROM push_outbox") == 0);
  auto pushed = lounge.of({lounge.says("ann", "push", 2), lounge.says("ann", "edited", 3, "edit", 1),
                           lounge.says("bob", "+1", 4, "reaction", 1), lounge.says("", "muted", 0, "system"),
                           lounge.says("ann", "app", 5, "x-poll")});
  pushed.push = true;
  REQUIRE(append(*log, pushed).status == status::ok);
  CHECK(count(where.path(), "SELECT count(*) FROM push_outbox") == 2);
  CHECK(count(where.path(), "SELECT seq FROM push_outbox ORDER BY id") == 2);
  auto refused = lounge.of({lounge.says("ann", "again", 2)});
  refused.push = true;
  REQUIRE(append(*log, refused).status == status::duplicate);
  CHECK(count(where.path(), "SELECT count(*) FROM push_outbox") == 2);
}

TEST_CASE("every row keeps the term it was written under") {
  const directory where;
  for (unsigned i = 1; i <= 3; ++i) {
    const auto log = start(where.path());
    opened_room(log, "lounge").appends_texts(1, i);
  }
  CHECK(count(where.path(), "SELECT group_concat(term) = '1,2,3' FROM (SELECT term FROM message ORDER BY id)") == 1);
}

TEST_CASE("one past the queue's bound is answered at once, and what waits is stored") {
  const directory where;
  auto settings = small_settings(where.path());
  settings.store.queue_max = 4;
  const auto log = start(settings);
  std::vector<room_story> rooms;
  for (unsigned i = 0; i < 12; ++i)
    rooms.push_back(opened_room(log, "room-" + std::to_string(i)));
  std::vector<answer<append_result>> answers(rooms.size());
  {
    const held_lock other{where / "log.lock"};
    for (std::size_t i = 0; i < rooms.size(); ++i)
      log->append(rooms[i].of({rooms[i].says("ann", "hello", 1)}), answers[i].take());
  }
  unsigned refused = 0;
  unsigned stored = 0;
  for (auto& a : answers) {
    const auto s = a.get().status;
    refused += s == status::overloaded;
    stored += s == status::ok;
  }
  CHECK(refused + stored == answers.size());
  CHECK(stored >= 4);
  CHECK(stored <= 8); // a queue that the writer had taken before it met the lock, and another one
  CHECK(log->counters().refused[static_cast<std::size_t>(status::overloaded)] == refused);
}

TEST_CASE("as many reads wait as may, and a look-up beyond says that it was not done") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  lounge.appends_texts(1, 1);
  std::promise<void> reached, released;
  log->find("lounge", 1, [&](auto) { // the only reader is busy with this one
    reached.set_value();
    released.get_future().wait();
  });
  reached.get_future().wait();
  std::atomic<std::size_t> found{0};
  for (std::size_t i = 0; i < sqlite_log::reads_waiting_max; ++i)
    log->find("lounge", 1, [&](const find_result& result) { found += result.status == status::ok; });
  const auto refused = log->counters().refused[static_cast<std::size_t>(status::overloaded)].load();
  CHECK(look_up(*log, "lounge", 1).status == status::overloaded);
  CHECK(log->counters().refused[static_cast<std::size_t>(status::overloaded)] == refused + 1);
  released.set_value();
  while (look_up(*log, "lounge", 1).status == status::overloaded) // behind them when it is taken
    std::this_thread::yield();
  CHECK(found == sqlite_log::reads_waiting_max);
}

TEST_CASE("loads of one page that wait together are one read") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  lounge.appends_texts(5, 1);
  std::promise<void> reached, released;
  log->find("lounge", 1, [&](auto) { // the only reader is busy with this one
    reached.set_value();
    released.get_future().wait();
  });
  reached.get_future().wait();
  const auto reads = log->counters().reads.load();
  std::vector<answer<page_result>> answers(50);
  for (auto& a : answers)
    log->page({.room = "lounge", .after = 0}, a.take());
  answer<page_result> other;
  log->page({.room = "lounge", .after = 1}, other.take());
  released.set_value();
  for (auto& a : answers)
    CHECK(a.get().entries.size() == 5);
  CHECK(other.get().entries.size() == 4);
  CHECK(log->counters().reads_shared == 49);
  inbox(*log, {"ann", "", 1}); // so that the reads before it are counted
  CHECK(log->counters().reads - reads <= 4);
}

TEST_CASE("the write-ahead log does not grow without bound") {
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  constexpr std::uintmax_t bound = 24 * 1024 * 1024; // twice what starts a checkpoint
  std::uintmax_t largest = 0;
  unsigned next = 1;
  for (unsigned i = 0; i < 40; ++i) {
    std::vector<record> records;
    for (unsigned k = 0; k < 256; ++k)
      records.push_back(lounge.says("ann", std::string(4'000, 'x'), next++));
    REQUIRE(lounge.appends(std::move(records)).status == status::ok);
    largest = std::max(largest, std::filesystem::file_size(where / "log.db-wal"));
  }
  CHECK(log->counters().checkpoints > 0);
  CHECK(largest < bound);
  CHECK(std::filesystem::file_size(where / "log.db") > 24 * 1024 * 1024);
}

TEST_CASE("a start refuses what is not its own, with what to do") {
  const directory where;
  const auto refusal = [&] {
    auto started = sqlite_log::start(small_settings(where.path()));
    CHECK_FALSE(started.log);
    return started.failure;
  };
  SECTION("another application's database") {
    sqlite_database other{where / "log.db", sqlite_database::access::read_write_create};
    other.execute("CREATE TABLE stamps(id INTEGER)");
    CHECK_THAT(refusal(), Catch::Contains("no log of ours"));
    CHECK(other.first_integer("SELECT count(*) FROM sqlite_schema") == 1);
  }
  SECTION("a newer schema") {
    start(where.path()).reset();
    sqlite_database{where / "log.db", sqlite_database::access::read_write}.execute("PRAGMA user_version = 99");
    CHECK_THAT(refusal(), Catch::Contains("schema 99"));
  }
  SECTION("garbage") {
    std::filesystem::resize_file((start(where.path()).reset(), where / "log.db"), 100);
    CHECK_THAT(refusal(), Catch::Contains("cannot open the log"));
  }
  SECTION("a directory that cannot be made") {
    CHECK_THAT(sqlite_log::start(small_settings("/proc/troupe")).failure, Catch::Contains("--data"));
  }
}

TEST_CASE("network file systems are told apart by magic and by type") {
  CHECK(refused_filesystem(0x6969, "nfs4") == "nfs");
  CHECK(refused_filesystem(static_cast<long>(0xFF534D42), "cifs") == "cifs");
  CHECK(refused_filesystem(static_cast<int>(0xFF534D42), "cifs") == "cifs"); // f_type may be signed
  CHECK(refused_filesystem(0xFE534D42, "smb3") == "smb2");
  CHECK(refused_filesystem(0x65735546, "fuse.sshfs") == "fuse.sshfs");
  CHECK(refused_filesystem(0x65735546, "fuse.fuse-overlayfs") == std::nullopt);
  CHECK(refused_filesystem(0xEF53, "ext4") == std::nullopt);
  CHECK(refused_filesystem(0x01021994, "tmpfs") == std::nullopt);
  CHECK(refused_filesystem(0x9123683E, "btrfs") == std::nullopt);
}

TEST_CASE("what was erased is not in the files after the log was closed") {
  const directory where;
  {
    const auto log = start(where.path());
    auto lounge = opened_room(log, "lounge");
    lounge.appends({lounge.says("ann", "the-secret-word", 1)});
    lounge.appends({lounge.says("ann", "", 2, "delete", 1)});
  }
  CHECK(count(where.path(), "SELECT count(*) FROM message WHERE body <> '' OR (salt IS NOT NULL AND redacted)") == 0);
  std::string all(std::filesystem::file_size(where / "log.db"), '\0');
  const int file = ::open((where / "log.db").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(::read(file, all.data(), all.size()) == static_cast<ssize_t>(all.size()));
  ::close(file);
  CHECK(all.find("the-secret-word") == std::string::npos);
}
