// Wall clocks that are an hour apart, and one that jumps by an hour, forth and back.
#include "tests/chaos/run.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// Debian's libfaketime: the wall clock of one process as a file says, the other clocks as they are.
constexpr const char* library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

class movable_clock {
public:
  explicit movable_clock(const std::string& offset) { says(offset); }

  std::map<std::string, std::string> environment() const {
    return {{"LD_PRELOAD", library},
            {"FAKETIME_TIMESTAMP_FILE", directory_ / "now"},
            {"FAKETIME_NO_CACHE", "1"},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
  }

  void says(const std::string& offset) { std::ofstream{directory_ / "now"} << offset << '\n'; }

private:
  temporary_directory directory_{"troupe-clock"};
};

} // namespace

SCENARIO("a node's wall clock is an hour ahead, and another's moves by an hour") {
  if (!std::filesystem::exists(library))
    return skipped("a clock that moves", std::string{library} + " is not there (package libfaketime)");
  movable_clock clock{"+0"}, ahead{"+3600"};
  temporary_directory shared{"troupe-shared"};
  const auto data = shared / "data";
  node second{{.data = data, .name = "second", .environment = ahead.environment()}};
  node third{{.data = data, .name = "third"}};
  run r{{.data = data, .name = "first", .environment = clock.environment()},
        {.others = {second.where(), third.where()}, .rooms = 8, .senders = 8, .receivers = 4, .under_way = 8}};
  second.start();
  third.start();
  r.traffic().start();
  CHECK(comes_to_own(data, "second"));
  CHECK(r.traffic().progresses(100));
  for (const std::string offset : {"+3600", "+0", "-3600", "+0"}) {
    CAPTURE(offset);
    clock.says(offset);
    const auto moved = std::chrono::steady_clock::now();
    r.fault("wall clock at " + offset + " s");
    CHECK(r.traffic().progresses(200));
    tells_time("wall clock at " + offset + " s, until 200 more are acked", moved);
    std::this_thread::sleep_for(1s); // Timers of before ring meanwhile.
  }
  CHECK(r.server().running());
  CHECK(second.running());
  CHECK(third.running());
  r.traffic().stop_sending();
  CHECK(r.traffic().settles());
  CHECK(ask_log(data, "SELECT max(time) - min(time) FROM message") > 3'500'000); // The library did its work.
  r.records_terms(data / "log.db");
  const auto result = r.ends_abruptly();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}
