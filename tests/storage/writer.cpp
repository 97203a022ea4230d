// A process that writes a log and tells on stdout what was acked, to be killed at a crash
// point or to run with a planted bug:
//   troupe_storage_writer DIRECTORY RUNS TAKEOVER_AT
// From run TAKEOVER_AT on (0 = never) a second log owns the shards and has written to room a.
// Lines: "acked ROOM SEQ CID" after each ack, "refused ROOM STATUS", "done SYNCS".
#include "tests/storage/disk.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

/// A time after that of every message before.
constexpr troupe::protocol::time_ms taken_over_at = 100'000;

void tell(const std::string& line) {
  const auto text = line + "\n";
  if (::write(1, text.data(), text.size()) < 0)
    std::abort();
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4)
    return 64;
  const auto log = start(std::string{argv[1]});
  const auto runs = static_cast<unsigned>(std::atoi(argv[2]));
  std::vector<room_story> rooms;
  for (const auto* name : {"a", "b", "c"})
    rooms.push_back(opened_room(log, name));
  const auto takeover_at = static_cast<unsigned>(std::atoi(argv[3]));
  std::optional<owned_log> second;
  const auto syncs = disk::syncs.load();
  unsigned next = 1;
  for (unsigned i = 0; i < runs; ++i) {
    if (takeover_at != 0 && i == takeover_at) {
      second.emplace(small_settings(std::string{argv[1]}));
      auto taken = opened_room(*second, "a");
      taken.time_is(taken_over_at);
      taken.appends_texts(1, 9'000'000);
    }
    // One run of each room at a time, so that a commit holds several.
    std::vector<answer<append_result>> answers(rooms.size());
    std::vector<run> sent;
    for (auto& room : rooms) {
      std::vector<record> records;
      for (unsigned k = 0; k < 1 + i % 3; ++k)
        records.push_back(room.says("ann", "text", next++));
      sent.push_back(room.of(std::move(records)));
    }
    for (std::size_t r = 0; r < rooms.size(); ++r) {
      auto then = answers[r].take();
      log->append(sent[r], [&, r, then](append_result result) {
        if (result.status == status::ok)
          for (const auto& m : sent[r].records)
            tell("acked " + sent[r].room + " " + std::to_string(m.seq) + " " + m.cid);
        else
          tell("refused " + sent[r].room + " " + std::to_string(static_cast<int>(result.status)));
        then(std::move(result));
      });
    }
    for (std::size_t r = 0; r < rooms.size(); ++r)
      if (answers[r].get().status != status::ok)
        rooms[r].opens(); // as an owner does that was refused
  }
  tell("done " + std::to_string(disk::syncs - syncs));
  return 0;
}
