// What crosses threads, and the wheel behind it: no CAF, no Asio, so that the thread sanitizer sees all of it.
#include "transport/timer_wheel.hpp"
#include "transport/unit_queue.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

using namespace troupe::transport;

namespace {

struct job {
  int producer = 0;
  int number = 0;
};

struct timer final : timer_wheel::entry {
  explicit timer(std::vector<int>& to, int called) : log{to}, name{called} {}
  void expired(std::int64_t now_ms) override {
    log.push_back(name);
    last_ms = now_ms;
    if (then)
      then();
  }
  std::vector<int>& log;
  int name;
  std::int64_t last_ms = 0;
  std::function<void()> then;
};

} // namespace

SCENARIO("a burst wakes the consumer once") {
  unit_queue<job> queue;
  job one, two, three;
  CHECK(queue.push(&one));
  CHECK_FALSE(queue.push(&two));
  std::vector<job*> taken;
  queue.take(taken);
  CHECK(taken == std::vector<job*>{&one, &two});

  WHEN("more comes while the consumer works") {
    CHECK_FALSE(queue.push(&three));
    THEN("it is told to come back") {
      CHECK(queue.rest());
      taken.clear();
      queue.take(taken);
      CHECK(taken == std::vector<job*>{&three});
      CHECK_FALSE(queue.rest());
    }
  }
  WHEN("the consumer rests") {
    CHECK_FALSE(queue.rest());
    THEN("the next push wakes it again") { CHECK(queue.push(&three)); }
  }
}

SCENARIO("nothing is lost, doubled or overtaken between threads") {
  constexpr int producers = 3, each = 20'000;
  unit_queue<job> queue;
  std::vector<std::vector<job>> jobs(producers, std::vector<job>(each));
  std::mutex mutex;
  std::condition_variable wake;
  int wakeups = 0; // as a posted drain would be

  std::vector<std::thread> threads;
  for (int producer = 0; producer < producers; ++producer)
    threads.emplace_back([&, producer] {
      for (int number = 0; number < each; ++number) {
        auto& made = jobs[static_cast<std::size_t>(producer)][static_cast<std::size_t>(number)];
        made = {producer, number};
        if (queue.push(&made)) {
          std::lock_guard guard{mutex};
          ++wakeups;
          wake.notify_one();
        }
      }
    });

  std::vector<int> next(producers, 0);
  int taken_in_all = 0;
  std::vector<job*> taken;
  while (taken_in_all < producers * each) {
    {
      std::unique_lock guard{mutex};
      wake.wait(guard, [&] { return wakeups > 0; });
      --wakeups;
    }
    do {
      queue.take(taken);
      for (const auto* item : taken) {
        REQUIRE(item->number == next[static_cast<std::size_t>(item->producer)]++);
        ++taken_in_all;
      }
      taken.clear();
    } while (queue.rest());
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(next == std::vector<int>(producers, each));
}

SCENARIO("entries expire in the slot of their time") {
  std::vector<int> log;
  timer_wheel wheel{1'000};
  timer early{log, 1}, late{log, 2}, far{log, 3};
  wheel.schedule(late, 1'900);
  wheel.schedule(early, 1'100);
  wheel.schedule(far, 1'000 + 60'000); // many turns of the wheel
  CHECK(wheel.next_ms() == 1'100);

  wheel.advance(1'099);
  CHECK(log.empty());
  wheel.advance(1'100);
  CHECK(log == std::vector{1});
  wheel.advance(60'999);
  CHECK(log == std::vector{1, 2});
  wheel.advance(61'000);
  CHECK(log == std::vector{1, 2, 3});
  CHECK_FALSE(wheel.next_ms());
}

SCENARIO("an entry never expires more than a slot early, nor late when the clock is read") {
  std::vector<int> log;
  timer_wheel wheel{0};
  for (std::int64_t due = 1; due < 20'000; due += 37) {
    timer one{log, 0};
    wheel.schedule(one, due);
    std::int64_t now = 0;
    while (one.scheduled()) {
      const auto next = wheel.next_ms();
      REQUIRE(next);
      now = std::max(*next, now);
      wheel.advance(now);
    }
    REQUIRE(now > due - timer_wheel::slot_ms);
    if (due >= now)
      REQUIRE(now <= due);
  }
}

SCENARIO("an entry may be moved, cancelled, destroyed, and scheduled from within") {
  std::vector<int> log;
  timer_wheel wheel{0};
  timer first{log, 1}, second{log, 2}, third{log, 3};
  wheel.schedule(first, 50);
  wheel.schedule(second, 50);
  wheel.schedule(third, 50);

  SECTION("moved") {
    wheel.schedule(second, 500);
    wheel.advance(100);
    CHECK(log == std::vector{1, 3});
    wheel.advance(500);
    CHECK(log == std::vector{1, 3, 2});
  }
  SECTION("cancelled by a neighbour of the same slot") {
    first.then = [&] { timer_wheel::cancel(second); };
    wheel.advance(50);
    CHECK(log == std::vector{1, 3});
    CHECK_FALSE(second.scheduled());
  }
  SECTION("scheduled again for the past: not in the same call") {
    first.then = [&] { wheel.schedule(first, 10); };
    wheel.advance(50);
    CHECK(log == std::vector{1, 2, 3});
    wheel.advance(75);
    CHECK(log == std::vector{1, 2, 3, 1});
    first.then = nullptr;
  }
  SECTION("destroyed while it waits") {
    { // its slot is left clean
      timer gone{log, 4};
      wheel.schedule(gone, 50);
    }
    wheel.advance(50);
    CHECK(log == std::vector{1, 2, 3});
  }
  SECTION("after a sleep longer than a turn") {
    wheel.advance(1'000'000);
    CHECK(std::set(log.begin(), log.end()) == std::set{1, 2, 3});
    CHECK(log.size() == 3);
  }
}

SCENARIO("fifteen thousand ticks a second do not come in one burst") {
  std::vector<int> log;
  timer_wheel wheel{0};
  constexpr int connections = 15'000;
  std::vector<std::unique_ptr<timer>> timers;
  for (int name = 0; name < connections; ++name) {
    timers.push_back(std::make_unique<timer>(log, name));
    wheel.schedule(*timers.back(), 1'000 + wheel.spread(1'000));
  }
  std::size_t most = 0;
  for (std::int64_t now = 1'000; now <= 2'000; now += timer_wheel::slot_ms) {
    const auto before = log.size();
    wheel.advance(now);
    most = std::max(most, log.size() - before);
  }
  CHECK(log.size() == connections);
  CHECK(most <= 2 * connections / (1'000 / timer_wheel::slot_ms));
}
