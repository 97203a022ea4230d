// A disk that is full or broken under the SQLite log.
#include "storage/verify.hpp"
#include "tests/storage/disk.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

/// Tries until the store takes writes again; the last status when it never does.
status appends_soon(room_story& room, unsigned cid_number) {
  const auto head = room.head();
  const auto chain = room.chain();
  auto result = status::unknown;
  for (int i = 0; i < 500 && result != status::ok; ++i) {
    room.forgets(head, chain);
    result = room.appends_texts(1, cid_number).status;
    if (result != status::ok)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return result;
}

/// Runs `what` in a child whose `where` is a file system of `bytes`. -1 when the kernel
/// does not let us mount one; else 0 or the line of the child's complaint.
template <class What>
int on_small_filesystem(const std::string& where, const char* bytes, What what) {
  const auto child = ::fork();
  if (child == 0) {
    const auto options = std::string{"size="} + bytes;
    const bool mounted = (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", where.c_str(), "tmpfs", 0, options.c_str()) == 0;
    ::_exit(mounted ? what() : 255);
  }
  int outcome = 0;
  ::waitpid(child, &outcome, 0);
  const int code = WIFEXITED(outcome) ? WEXITSTATUS(outcome) : 254;
  return code == 255 ? -1 : code;
}

} // namespace

TEST_CASE("a full disk refuses writes, serves reads, and is left again by itself") {
  const disk::repaired_at_end guard;
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  REQUIRE(lounge.appends_texts(3, 1).status == status::ok);
  REQUIRE(std::filesystem::exists(where / "log.reserve"));

  disk::no_space = true;
  const auto head = lounge.head();
  const auto chain = lounge.chain();
  CHECK(lounge.appends_texts(1, 4).status == status::full);
  CHECK(log->counters().full_now == 1);
  CHECK_FALSE(std::filesystem::exists(where / "log.reserve"));
  CHECK(lounge.belongs("ann", "member") == status::full);
  CHECK(lounge.prunes(1).status == status::full);
  CHECK(lounge.page({.after = 0}).entries.size() == 3);
  CHECK(inbox(*log, {"ann", "", 1}).status == status::ok);
  CHECK(room_story{*log, "lounge", lounge.term()}.opens().head.head == 3);
  CHECK(open(*log, {"cellar", log.term_of("cellar"), "new", 0, 0}).status == status::full);

  disk::no_space = false;
  lounge.forgets(head, chain);
  CHECK(appends_soon(lounge, 4) == status::ok);
  CHECK(log->counters().full_now == 0);
  CHECK(std::filesystem::exists(where / "log.reserve"));
  CHECK(open(*log, {"cellar", log.term_of("cellar"), "new", 0, 0}).status == status::ok);
  CHECK_FALSE(verify(where.path(), "lounge").fault);
}

TEST_CASE("a message that cannot be read is not said to be missing") {
  const disk::repaired_at_end guard;
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  REQUIRE(lounge.appends_texts(3, 1).status == status::ok);
  disk::broken_read = true;
  CHECK(look_up(*log, "lounge", 2).status == status::unknown);
  disk::broken_read = false;
  CHECK(look_up(*log, "lounge", 2).status == status::ok);
  CHECK(look_up(*log, "lounge", 4).status == status::not_found);
}

TEST_CASE("a file system that is really full behaves the same") {
  const directory where;
  const auto outcome = on_small_filesystem(where.path(), "4m", [&]() -> int {
    auto settings = small_settings(where.path());
    settings.store.reserve_bytes = 256 * 1024;
    auto log = start(settings);
    auto lounge = opened_room(log, "lounge");
    unsigned next = 1;
    auto result = status::ok;
    seq_t stored = 0;
    auto chain = lounge.chain();
    while (result == status::ok) {
      stored = lounge.head();
      chain = lounge.chain();
      std::vector<record> records;
      for (unsigned i = 0; i < 20; ++i)
        records.push_back(lounge.says("ann", std::string(2'000, 'x'), next++));
      result = lounge.appends(std::move(records)).status;
    }
    if (result != status::full)
      return __LINE__ % 250;
    if (stored < 100 || room_story{*log, "lounge", lounge.term()}.opens().head.head != stored)
      return __LINE__ % 250;
    // What takes the space goes away.
    std::filesystem::remove(where / "log.reserve");
    ::mount("none", where.path().c_str(), nullptr, MS_REMOUNT, "size=16m");
    lounge.forgets(stored, chain);
    if (appends_soon(lounge, next) != status::ok)
      return __LINE__ % 250;
    log.reset();
    const auto report = verify(where.path(), "lounge");
    return report.failure.empty() && !report.fault && report.head == stored + 1 ? 0 : __LINE__ % 250;
  });
  if (outcome == -1)
    WARN("SKIPPED: this kernel lets us mount no file system of our own, so a really full one was not tried");
  else
    CHECK(outcome == 0);
}

TEST_CASE("after a failed sync nothing is ever acked, and the owner is told to end") {
  const disk::repaired_at_end guard;
  const directory where;
  std::atomic<int> ended{0};
  std::string why;
  auto settings = small_settings(where.path());
  settings.fatal = [&](std::string_view line) {
    why = line;
    ++ended;
  };
  auto log = start(settings);
  auto lounge = opened_room(log, "lounge");
  REQUIRE(lounge.appends_texts(3, 1).status == status::ok);

  auto* const broken = GENERATE(&disk::broken_sync, &disk::broken_write);
  *broken = true;
  CHECK(lounge.appends_texts(1, 4).status == status::unknown);
  CHECK(ended == 1);
  CHECK_THAT(why, Catch::Contains("errno 5"));

  // Not even when the disk is said to be well again.
  *broken = false;
  CHECK(lounge.appends_texts(1, 5).status == status::unknown);
  CHECK(lounge.opens().status == status::unknown);
  CHECK(ended == 1);
}

TEST_CASE("the shipped answer to a failed sync is the end of the process with one line") {
  const directory where;
  int lines[2];
  REQUIRE(::pipe(lines) == 0);
  const auto child = ::fork();
  if (child == 0) {
    ::dup2(lines[1], 2);
    const auto log = start(where.path());
    auto lounge = opened_room(log, "lounge");
    lounge.appends_texts(1, 1);
    disk::broken_sync = true;
    lounge.appends_texts(1, 2);
    ::_exit(0);
  }
  ::close(lines[1]);
  std::string said;
  char buffer[512];
  for (ssize_t got = 0; (got = ::read(lines[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(got));
  ::close(lines[0]);
  int outcome = 0;
  ::waitpid(child, &outcome, 0);
  CHECK(WIFEXITED(outcome));
  CHECK(WEXITSTATUS(outcome) == 74);
  CHECK_THAT(said, Catch::Contains("the store cannot be trusted any more"));
  CHECK(std::count(said.begin(), said.end(), '\n') == 1);

  const auto log = start(where.path());
  CHECK(opened_room(log, "lounge").head() >= 1);
}
