#include "apps/troupe/prove/memory_watch.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe::prove;

namespace {

/// A reading every five seconds over an hour: `start`, and `per_s` more each second.
memory_watch an_hour(double start, double per_s) {
  memory_watch watch;
  for (int s = 0; s <= 3'600; s += 5)
    watch.read("a", 7, s, static_cast<std::int64_t>(start + per_s * s));
  return watch;
}

} // namespace

SCENARIO("the slope of a node's memory") {
  GIVEN("memory that stands still, and more while it warmed up") {
    memory_watch watch;
    for (int s = 0; s <= 3'600; s += 5)
      watch.read("a", 7, s, s < 120 ? 9'000 : 5'000);
    const auto lives = watch.long_lives();
    REQUIRE(lives.size() == 1);
    CHECK(lives[0].percent_per_10min == Approx(0).margin(1e-9));
    CHECK(lives[0].first_kb == 5'000);
    CHECK(lives[0].last_kb == 5'000);
    CHECK(lives[0].watched_s == 3'480);
  }
  GIVEN("a leak of 1 kB a second on 10 MB in the middle, it is 6 % in ten minutes") {
    const auto lives = an_hour(10'000 - 1'860, 1).long_lives();
    REQUIRE(lives.size() == 1);
    CHECK(lives[0].percent_per_10min == Approx(6).epsilon(0.001));
    CHECK(lives[0].settled_percent_per_10min == Approx(600.0 / (8'140 + 2'730) * 100).epsilon(0.001));
    CHECK(lives[0].last_kb - lives[0].first_kb == Approx(3'420).margin(10));
  }
  GIVEN("what grows to its bound in the first half of the time") {
    memory_watch watch;
    for (int s = 0; s <= 3'600; s += 5)
      watch.read("a", 7, s, std::min(5'000 + 2 * s, 8'000));
    const auto lives = watch.long_lives();
    REQUIRE(lives.size() == 1);
    CHECK(lives[0].percent_per_10min > 3);
    CHECK(lives[0].settled_percent_per_10min == Approx(0).margin(1e-9));
  }
  GIVEN("what shrinks, the slope is negative") { CHECK(an_hour(20'000, -1).long_lives()[0].percent_per_10min < -3); }
}

SCENARIO("only long lives have a slope") {
  memory_watch watch;
  for (int s = 0; s < 420; s += 5)
    watch.read("short", 1, s, 1'000);
  CHECK(watch.long_lives().empty());
  watch.read("short", 1, 420, 1'000);
  CHECK(watch.long_lives().size() == 1);
  AND_WHEN("a node is started again, its process is another") {
    for (int s = 0; s <= 420; s += 5)
      watch.read("short", 2, 500 + s, 1'000);
    const auto lives = watch.long_lives();
    REQUIRE(lives.size() == 2);
    CHECK(lives[0].pid == 1);
    CHECK(lives[1].pid == 2);
  }
}

SCENARIO("what is left when the load is over") {
  auto watch = an_hour(8'000, 0);
  watch.load_is_over();
  watch.read("a", 7, 3'700, 7'000);
  const auto lives = watch.long_lives();
  REQUIRE(lives.size() == 1);
  CHECK(lives[0].last_kb == 8'000);
  CHECK(lives[0].end_kb == 7'000);
}

SCENARIO("medians of all nodes over parts of the run") {
  memory_watch watch;
  CHECK(watch.medians(2) == std::vector<std::int64_t>{0, 0});
  for (int s = 0; s <= 100; s += 10)
    for (int node = 0; node < 3; ++node)
      watch.read(std::string(1, static_cast<char>('a' + node)), node, s, (s < 50 ? 100 : 200) + node);
  CHECK(watch.medians(2) == std::vector<std::int64_t>{101, 201});
  CHECK(watch.medians(1).size() == 1);
}
