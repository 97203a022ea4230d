// kill -9 at each crash point, and the planted bugs, each of which has to be seen.
#include "storage/verify.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

struct told {
  bool killed = false;
  long syncs = -1;
  std::map<std::pair<std::string, seq_t>, std::string> acked; ///< room and seq to cid
  std::vector<std::string> refused;
};

/// Runs the writer with these environment variables and reads what it tells until it ends.
told write_with(const std::string& directory, unsigned runs, std::vector<std::string> environment,
                unsigned takeover_at = 0) {
  int lines[2];
  REQUIRE(::pipe(lines) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, lines[1], 1);
  posix_spawn_file_actions_addclose(&actions, lines[0]);
  auto runs_text = std::to_string(runs);
  auto takeover_text = std::to_string(takeover_at);
  std::string program = TROUPE_STORAGE_WRITER;
  std::string where = directory;
  char* arguments[] = {program.data(), where.data(), runs_text.data(), takeover_text.data(), nullptr};
  std::vector<char*> variables;
  for (auto& variable : environment)
    variables.push_back(variable.data());
  variables.push_back(nullptr);
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, variables.data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(lines[1]);
  std::string all;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(lines[0], buffer, sizeof buffer)) > 0;)
    all.append(buffer, static_cast<std::size_t>(got));
  ::close(lines[0]);
  int outcome = 0;
  ::waitpid(child, &outcome, 0);

  told result;
  result.killed = WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL;
  std::istringstream text{all};
  for (std::string word; text >> word;) {
    std::string room, number;
    if (word == "acked") {
      seq_t seq = 0;
      text >> room >> seq >> number;
      result.acked[{room, seq}] = number;
    } else if (word == "refused") {
      text >> room >> number;
      result.refused.push_back(number);
    } else if (word == "done") {
      text >> result.syncs;
    }
  }
  return result;
}

/// Acked messages that are not in the log under their seq and cid.
unsigned lost(sqlite_log& log, const told& by_writer) {
  unsigned count = 0;
  for (const auto& [where, cid] : by_writer.acked) {
    const auto r = find(log, where.first, where.second);
    if (!r || r->cid != cid)
      ++count;
  }
  return count;
}

} // namespace

TEST_CASE("a kill at a crash point loses nothing that was acked and leaves sound logs") {
  struct row {
    const char* where;
    unsigned visit;
  };
  const auto [where, visit] = GENERATE(values<row>({{"before_begin", 1},
                                                    {"before_begin", 9},
                                                    {"after_insert", 1},
                                                    {"after_insert", 9},
                                                    {"after_commit", 1},
                                                    {"after_commit", 9},
                                                    {"after_commit", 17}}));
  CAPTURE(where, visit);
  const directory place;
  const auto first =
    write_with(place.path(), 100, {std::string{"TROUPE_CRASH_AT="} + where + ":" + std::to_string(visit)});
  REQUIRE(first.killed);
  CHECK(first.refused.empty());

  const auto log = start(place.path());
  CHECK(lost(*log, first) == 0);
  for (const auto* name : {"a", "b", "c"}) {
    auto room = opened_room(log, name);
    const auto report = verify(place.path(), name);
    CHECK(report.failure.empty());
    CHECK_FALSE(report.fault);
    // Whatever was stored is known when it is sent again; what was not is taken.
    const auto head = room.head();
    if (head > 0) {
      const auto newest = *find(*log, name, head);
      auto again = room.says("ann", "text", 1);
      again.cid = newest.cid;
      const auto retried = room.appends({again});
      REQUIRE(retried.status == status::duplicate);
      CHECK(retried.duplicates[0].seq == head);
    }
    auto next = opened_room(log, name);
    CHECK(next.appends_texts(1, 5'000'000).status == status::ok);
  }
}

TEST_CASE("a writer without faults acks everything, with a sync for each commit") {
  const directory place;
  const auto all = write_with(place.path(), 20, {});
  CHECK_FALSE(all.killed);
  CHECK(all.acked.size() == 3 * (7 * 1 + 7 * 2 + 6 * 3));
  CHECK(all.syncs >= 20);
}

TEST_CASE("planted: without syncs none is made") {
  const directory place;
  const auto all = write_with(place.path(), 20, {"TROUPE_PLANT=sync_off"});
  CHECK(all.acked.size() == 3 * (7 * 1 + 7 * 2 + 6 * 3));
  CHECK(all.syncs == 0);
}

TEST_CASE("planted: an ack before the commit is found as a lost message") {
  const directory place;
  const auto writer =
    write_with(place.path(), 100, {"TROUPE_PLANT=ack_before_commit", "TROUPE_CRASH_AT=after_insert:9"});
  REQUIRE(writer.killed);
  const auto log = start(place.path());
  CHECK(lost(*log, writer) > 0);
}

TEST_CASE("planted: without the unique index a retry is stored twice, and verify finds it") {
  const directory place;
  write_with(place.path(), 3, {"TROUPE_PLANT=no_unique_index"});
  CHECK_FALSE(verify(place.path(), "a").fault);
  const auto log = start(place.path());
  auto room = opened_room(log, "a");
  auto again = room.of({room.says("ann", "text", 1)});
  CHECK(append(*log, again).status == status::ok);
  const auto report = verify(place.path(), "a");
  REQUIRE(report.fault);
  CHECK_THAT(report.fault->what, Catch::Contains("stored first as seq 1"));
}

TEST_CASE("a writer whose shards were taken over is refused from then on") {
  const directory place;
  const auto writer = write_with(place.path(), 10, {}, 5);
  CHECK(writer.refused == std::vector<std::string>(5 * 3, std::to_string(static_cast<int>(status::fenced))));
  CHECK(writer.acked.size() == 3 * (2 * 1 + 2 * 2 + 3)); // those of the runs before
  CHECK_FALSE(verify(place.path(), "a").fault);
}

TEST_CASE("planted: without the fence two owners write, and verify finds it") {
  const directory place;
  const auto writer = write_with(place.path(), 10, {"TROUPE_PLANT=no_fence"}, 5);
  CHECK(writer.acked.size() > 3 * (2 * 1 + 2 * 2 + 3));
  const auto report = verify(place.path(), "a");
  REQUIRE(report.fault);
  CHECK_THAT(report.fault->what, Catch::Contains("term is lower"));
}
