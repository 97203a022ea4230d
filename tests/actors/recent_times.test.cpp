#include "actors/recent_times.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

SCENARIO("what took long lately is remembered, and then forgotten") {
  recent_times times;
  constexpr auto minute = recent_times::window_ms;
  const protocol::time_ms start = 1'000 * minute;
  CHECK(times.summary(start) == time_summary{});

  GIVEN("a slow one and a quick one in the same minute") {
    times.add(900, start);
    times.add(100, start + 10);
    CHECK(times.summary(start + 20) == time_summary{2, 100, 500, 900});

    WHEN("the next minute brings another") {
      times.add(200, start + minute);
      THEN("all three count") { CHECK(times.summary(start + minute) == time_summary{3, 200, 400, 900}); }
      AND_THEN("a minute later the first two do not") {
        CHECK(times.summary(start + 2 * minute) == time_summary{1, 200, 200, 200});
      }
    }
    WHEN("nothing comes for two minutes") {
      THEN("only the newest is told") { CHECK(times.summary(start + 2 * minute) == time_summary{0, 100, 0, 0}); }
    }
    WHEN("the clock of the asker is a little behind") {
      THEN("nothing is lost") { CHECK(times.summary(start - 5).count == 2); }
    }
  }
}
