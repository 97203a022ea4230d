// Owners that are stopped at a named step of a write, and go on when it is too late, or do not go on.
#include "tests/chaos/run.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// SIGSTOP has reached it: state T of proc(5).
bool is_stopped(pid_t whom) {
  std::ifstream stat{"/proc/" + std::to_string(whom) + "/stat"};
  std::string line;
  std::getline(stat, line);
  const auto name_ends = line.rfind(") ");
  return name_ends != std::string::npos && line.substr(name_ends + 2, 1) == "T";
}

bool stops(node& which) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!is_stopped(which.pid())) {
    if (std::chrono::steady_clock::now() > until || !which.running())
      return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

template <class Done>
bool comes_true(Done done) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

constexpr const char* term_of_fifth = "SELECT term FROM message ORDER BY id LIMIT 1 OFFSET 4";
constexpr const char* terms_of_others = "SELECT count(*) FROM shard WHERE owner <> 'first'";

} // namespace

SCENARIO("a run that was on its way when its room was taken is refused by the term alone") {
  // Nobody ends the old owner here, which is what keeps such a run from the log otherwise.
  const bool fenced = GENERATE(true, false);
  CAPTURE(fenced);
  temporary_directory shared{"troupe-shared"};
  const auto data = shared / "data";
  node first = node::started(
    {.binary = faulty_binary(),
     .data = data,
     .name = "first",
     .environment = {{"TROUPE_STOP_AT", "before_begin:5"}, {"TROUPE_PLANT", fenced ? "no_kill" : "no_kill,no_fence"}}});
  live_client ann{first, "ann"};
  for (int i = 0; i < 4; ++i)
    ann.sends("lounge", "before");
  const auto term = ask_log(data, "SELECT max(term) FROM message");
  ann.starts(say::send{.room = "lounge", .cid = new_cid(), .body = "late"});
  ann.lives_for(10ms);
  REQUIRE(stops(first));

  node second = node::started(
    {.binary = faulty_binary(), .data = data, .name = "second", .environment = {{"TROUPE_PLANT", "no_kill"}}});
  REQUIRE(comes_true([&] { return ask_log(data, terms_of_others) == 256; }));
  first.thaw();
  REQUIRE(comes_true([&] { return ask_log(data, "SELECT count(*) FROM message") == 5; }));
  if (fenced)
    CHECK(ask_log(data, term_of_fifth) > term); // Its relay told the new owner.
  else
    CHECK(ask_log(data, term_of_fifth) == term);
}

SCENARIO("an owner that stops inside a transaction") {
  temporary_directory shared{"troupe-shared"};
  const auto data = shared / "data";
  node second{{.data = data, .name = "second"}};
  node third{{.data = data, .name = "third"}};
  run r{
    {.binary = faulty_binary(), .data = data, .name = "first", .environment = {{"TROUPE_STOP_AT", "after_insert:40"}}},
    {.others = {second.where(), third.where()}, .rooms = 8, .senders = 8, .receivers = 4, .under_way = 8}};
  second.start();
  third.start();
  const bool goes_on = GENERATE(true, false);
  CAPTURE(goes_on);
  r.traffic().start();
  REQUIRE(stops(r.server()));
  const auto stopped = std::chrono::steady_clock::now();
  r.fault("stopped inside a transaction");
  if (goes_on) {
    std::this_thread::sleep_for(3s);
    r.server().thaw();
    CHECK(r.traffic().progresses(50));
    CHECK(r.server().running());
  } else {
    REQUIRE(r.server().child().wait() == 128 + SIGKILL);
    CHECK(r.traffic().progresses(50));
    tells_time("an owner stops for good inside a transaction, until the others have acked 50 more", stopped);
    r.server().how().environment.clear();
    r.server().start();
    CHECK(r.traffic().progresses(50));
  }
  r.traffic().stop_sending();
  CHECK(r.traffic().settles());
  r.records_terms(data / "log.db");
  const auto result = r.ends_abruptly();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}
