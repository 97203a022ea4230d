// The disk reports that a sync failed: whoever hears it ends at once, and says nothing more.
#include "tests/chaos/run.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr int ended_for_the_disk = 74;

class breakable_disk {
public:
  std::map<std::string, std::string> environment() const {
    return {{"LD_PRELOAD", BROKEN_SYNC_LIBRARY}, {"BROKEN_SYNC", marker_}};
  }
  void breaks() { std::ofstream{marker_} << "broken\n"; }
  void heals() { std::filesystem::remove(marker_); }

private:
  temporary_directory directory_{"troupe-disk"};
  std::string marker_ = directory_ / "broken";
};

/// A process that ended so said why, last.
void ended_loudly(node& one) {
  CHECK(one.child().wait(10s) == ended_for_the_disk);
  INFO(one.output());
  CHECK(one.output().find("disk") != std::string::npos);
}

} // namespace

SCENARIO("a sync fails under load, on one of three nodes or on all") {
  const bool on_all = GENERATE(false, true);
  CAPTURE(on_all);
  breakable_disk disk;
  const auto breakable = disk.environment();
  const auto sound = on_all ? breakable : std::map<std::string, std::string>{};
  temporary_directory shared{"troupe-shared"};
  const auto data = shared / "data";
  node second{{.data = data, .name = "second", .environment = sound}};
  node third{{.data = data, .name = "third", .environment = sound}};
  run r{{.data = data, .name = "first", .environment = breakable},
        {.others = {second.where(), third.where()}, .rooms = 8, .senders = 8, .receivers = 4, .under_way = 8}};
  second.start();
  third.start();
  r.traffic().start();
  CHECK(comes_to_own(data, "second"));
  CHECK(comes_to_own(data, "third"));
  CHECK(r.traffic().progresses(100));

  r.fault("syncs fail");
  const auto broke = std::chrono::steady_clock::now();
  disk.breaks();
  ended_loudly(r.server());
  tells_time("syncs fail under load, until the first process has ended", broke);
  if (on_all) {
    ended_loudly(second);
    ended_loudly(third);
    tells_time("syncs fail under load, until all three have ended", broke);
  } else {
    CHECK(r.traffic().progresses(50)); // The others have its rooms.
    tells_time("syncs fail under load, until the others have acked 50 more", broke);
  }
  disk.heals();
  r.server().start();
  if (on_all) {
    second.start();
    third.start();
  }
  CHECK(r.traffic().progresses(50));
  CHECK(second.running());
  CHECK(third.running());
  r.traffic().stop_sending();
  CHECK(r.traffic().settles());
  r.records_terms(data / "log.db");
  const auto result = r.ends_abruptly();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}
