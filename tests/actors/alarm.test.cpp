// An alarm gives the clock as few messages as it can, and none for long.
#include "actors/alarm.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <vector>

using namespace troupe;
using namespace troupe::actors;

namespace {

/// Keeps what an actor would have given to the clock.
struct sleeper {
  time_ms now = 1'000;
  troupe::actors::alarm wakes;
  std::vector<time_ms> given; ///< Not come yet, in the order in which they were given.
  std::vector<time_ms> woken;

  void remind(std::int64_t delay_ms, alarm_rang what) {
    REQUIRE(delay_ms == std::max<time_ms>(0, what.at - now));
    given.push_back(what.at);
  }

  void wants(time_ms at) { wakes.set(*this, at, now); }

  void pass_to(time_ms end) {
    for (;;) {
      const auto next = std::min_element(given.begin(), given.end());
      if (next == given.end() || *next > end)
        break;
      now = std::max(now, *next);
      const alarm_rang what{*next};
      given.erase(next);
      if (wakes.rang(*this, what, now))
        woken.push_back(now);
    }
    now = end;
  }
};

} // namespace

SCENARIO("an actor is woken once, at the time it wanted last") {
  sleeper room;
  room.wants(3'000);

  THEN("at its time") {
    room.pass_to(2'999);
    CHECK(room.woken.empty());
    room.pass_to(9'000);
    CHECK(room.woken == std::vector<time_ms>{3'000});
    CHECK(room.given.empty());
  }
  THEN("earlier, when it wants that") {
    room.wants(2'000);
    room.pass_to(9'000);
    CHECK(room.woken == std::vector<time_ms>{2'000});
  }
  THEN("later, when it wants that") {
    room.wants(4'000);
    room.pass_to(9'000);
    CHECK(room.woken == std::vector<time_ms>{4'000});
  }
  THEN("at once, when the time has passed") {
    room.wants(500);
    room.pass_to(1'000);
    CHECK(room.woken == std::vector<time_ms>{1'000});
  }
  THEN("again, when it wants to be") {
    room.pass_to(3'000);
    room.wants(3'500);
    room.pass_to(9'000);
    CHECK(room.woken == std::vector<time_ms>{3'000, 3'500});
  }
}

SCENARIO("who puts the alarm off again and again has one message with the clock") {
  sleeper relay;
  for (int i = 0; i < 1'000; ++i) {
    relay.wants(relay.now + 5'000);
    relay.pass_to(relay.now + 1);
    REQUIRE(relay.given.size() == 1);
  }
  CHECK(relay.woken.empty());
  relay.pass_to(20'000);
  CHECK(relay.woken == std::vector<time_ms>{6'999});
}

SCENARIO("the clock holds nothing that is more than a stride away") {
  sleeper room;
  const auto at = room.now + 10 * troupe::actors::alarm::stride_ms + 1;
  room.wants(at);
  for (time_ms t = room.now; t < at; t += 1'000) {
    room.pass_to(t);
    REQUIRE(room.given.size() == 1);
    REQUIRE(room.given.front() <= room.now + troupe::actors::alarm::stride_ms);
  }
  CHECK(room.woken.empty());
  room.pass_to(at);
  CHECK(room.woken == std::vector<time_ms>{at});
}

SCENARIO("whatever is wanted when, the actor is woken at the last time that it wanted") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    std::mt19937 random{seed};
    const auto some = [&](time_ms below) { return static_cast<time_ms>(random() % static_cast<unsigned>(below)); };
    sleeper one;
    time_ms wanted = 0;
    for (int i = 0; i < 500; ++i) {
      if (some(2) == 0) {
        wanted = one.now + 1 + some(some(3) == 0 ? 500'000 : 2'000);
        one.wants(wanted);
      }
      const auto then = one.now + some(3'000);
      one.woken.clear();
      one.pass_to(then);
      const bool due = wanted != 0 && wanted <= then;
      CAPTURE(seed, i, wanted, then);
      REQUIRE(one.woken == (due ? std::vector<time_ms>{wanted} : std::vector<time_ms>{}));
      if (due)
        wanted = 0;
    }
  }
}
