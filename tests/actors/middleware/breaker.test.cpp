#include "actors/middleware/breaker.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

using namespace troupe;
using actors::breaker;
using result = breaker::result;
using state = breaker::state;

namespace {

/// Requests with names of their own.
struct caller {
  breaker& to;
  std::deque<int> names;

  const int* begin(protocol::time_ms now) {
    names.push_back(0);
    return to.admit(&names.back(), now) == 0 ? &names.back() : nullptr;
  }
  bool does(result how, protocol::time_ms now) {
    const auto* request = begin(now);
    REQUIRE(request);
    return to.ended(request, now, how, now);
  }
};

breaker small() {
  breaker made;
  made.set_rules({10, 1'000, 4, 50, 500, 2});
  return made;
}

} // namespace

SCENARIO("a breaker opens when enough of the last requests failed") {
  auto it = small();
  caller ann{it, {}};

  THEN("one failure less than the least changes nothing") {
    for (int i = 0; i < 3; ++i)
      CHECK_FALSE(ann.does(result::failed, 0));
    CHECK(it.where() == state::closed);
    CHECK(ann.does(result::failed, 0));
    CHECK(it.where() == state::open);
  }
  THEN("a smaller share changes nothing") {
    for (int i = 0; i < 5; ++i)
      ann.does(result::served, 0);
    for (int i = 0; i < 4; ++i)
      CHECK_FALSE(ann.does(result::failed, 0));
    CHECK(ann.does(result::failed, 0)); // 5 of 10
  }
  THEN("what is longer ago than the window, or further back, does not count") {
    for (int i = 0; i < 3; ++i)
      ann.does(result::failed, 0);
    CHECK_FALSE(ann.does(result::failed, 1'000));
    auto other = small();
    caller bob{other, {}};
    for (int i = 0; i < 3; ++i)
      bob.does(result::failed, 0);
    for (int i = 0; i < 10; ++i)
      bob.does(result::served, 0);
    for (int i = 0; i < 3; ++i)
      CHECK_FALSE(bob.does(result::failed, 0));
  }
  THEN("who went away says nothing") {
    for (int i = 0; i < 20; ++i)
      CHECK_FALSE(ann.does(result::unclear, 0));
    for (int i = 0; i < 3; ++i)
      CHECK_FALSE(ann.does(result::failed, 0));
  }
}

SCENARIO("an open breaker lets some try, and closes when all of those are well") {
  auto it = small();
  caller ann{it, {}};
  const auto* early = ann.begin(0);
  for (int i = 0; i < 4; ++i)
    ann.does(result::failed, 0);
  REQUIRE(it.where() == state::open);
  CHECK(it.admit(&it, 100) == 400);
  CHECK(it.admit(&it, 499) == 1);

  WHEN("its time is over") {
    const auto* first = ann.begin(500);
    const auto* second = ann.begin(500);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(it.where() == state::half_open);
    CHECK_FALSE(ann.begin(500));

    THEN("both are well: it closes") {
      it.ended(first, 500, result::served, 510);
      CHECK(it.where() == state::half_open);
      CHECK_FALSE(ann.begin(510));
      it.ended(second, 500, result::served, 520);
      CHECK(it.where() == state::closed);
      AND_THEN("what began before does not open it again") {
        for (int i = 0; i < 10; ++i)
          CHECK_FALSE(it.ended(early, 0, result::failed, 530));
        CHECK(it.where() == state::closed);
      }
    }
    THEN("one fails: it opens again") {
      it.ended(first, 500, result::served, 510);
      CHECK(it.ended(second, 500, result::failed, 520));
      CHECK(it.admit(&it, 521) == 499);
    }
    THEN("one goes away: another may try") {
      it.ended(first, 500, result::unclear, 510);
      CHECK(ann.begin(510));
      CHECK_FALSE(ann.begin(510));
    }
    THEN("what ends that was no probe counts for nothing") {
      CHECK_FALSE(it.ended(early, 0, result::failed, 510));
      CHECK(it.where() == state::half_open);
    }
  }
}

SCENARIO("whatever happens, a breaker keeps its word") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  const config::circuit_breaker_options rules{20, 500, 5, 40, 200, 3};
  breaker it;
  it.set_rules(rules);
  std::deque<int> names;
  std::vector<std::pair<const int*, protocol::time_ms>> under_way;
  unsigned sent = 0, admitted = 0, refused = 0, ended = 0, opened = 0, closed = 0;
  protocol::time_ms now = 0;
  protocol::time_ms opened_at = -1;
  std::deque<std::pair<protocol::time_ms, bool>> seen; // What a window has to hold, kept the simple way.
  protocol::time_ms closed_at = 0;
  const auto step = [&](unsigned failures_percent) {
    now += random() % 5;
    const auto before = it.where();
    if (random() % 2 == 0 || under_way.empty()) {
      ++sent;
      names.push_back(0);
      if (const auto wait_ms = it.admit(&names.back(), now)) {
        ++refused;
        REQUIRE(before != state::closed);
        REQUIRE(wait_ms <= 500);
      } else {
        ++admitted;
        REQUIRE((before != state::open || now >= opened_at + rules.open_ms));
        under_way.emplace_back(&names.back(), now);
      }
      return;
    }
    const auto which = random() % under_way.size();
    const auto [request, began] = under_way[which];
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
    ++ended;
    const auto how = random() % 20 == 0                  ? result::unclear
                     : random() % 100 < failures_percent ? result::failed
                                                         : result::served;
    const bool now_open = it.ended(request, began, how, now);
    REQUIRE(now_open == (before != state::open && it.where() == state::open));
    if (before == state::closed && how != result::unclear && began >= closed_at) {
      seen.emplace_back(now, how == result::failed);
      if (seen.size() > rules.window_requests)
        seen.pop_front();
      std::erase_if(seen, [&](const auto& s) { return s.first + rules.window_ms <= now; });
      const auto failures =
        static_cast<std::size_t>(std::count_if(seen.begin(), seen.end(), [](const auto& s) { return s.second; }));
      REQUIRE(now_open == (how == result::failed && failures >= rules.failures_min &&
                           failures * 100 >= seen.size() * rules.failure_percent));
    }
    if (now_open) {
      ++opened;
      opened_at = now;
      seen.clear();
    }
    if (before == state::half_open && it.where() == state::closed) {
      ++closed;
      closed_at = now;
    }
  };
  for (int i = 0; i < 2'000; ++i)
    step(i % 1'000 < 400 ? 80 : 2); // Storms, and quiet times between them.
  CHECK(sent == admitted + refused);
  CHECK(admitted == ended + under_way.size());
  CHECK(opened >= 1);
  CHECK(closed >= 1);
  CHECK(it.where() == state::closed);
}
