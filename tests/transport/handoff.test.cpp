// What crosses threads, and the wheel behind it: no CAF, no Asio, so that the thread sanitizer sees all of it.
#include "transport/tick_times.hpp"
#include "transport/timer_wheel.hpp"
#include "transport/unit_queue.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
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

SCENARIO("what is due turns later wakes nobody for it in every turn") {
  std::vector<int> log;
  timer_wheel wheel{0};
  std::vector<std::unique_ptr<timer>> far;
  for (int name = 0; name < 500; ++name) { // In every slot.
    far.push_back(std::make_unique<timer>(log, name));
    wheel.schedule(*far.back(), 30'000 + name * timer_wheel::slot_ms);
  }
  timer near{log, 1'000};
  wheel.schedule(near, 100);
  CHECK(wheel.next_ms() == 100);
  wheel.advance(100);
  CHECK(log == std::vector{1'000});
  int wake_ups = 0;
  for (auto next = wheel.next_ms(); next && *next < 30'000; next = wheel.next_ms()) {
    wheel.advance(*next);
    ++wake_ups;
  }
  CHECK(wake_ups <= 5); // One a turn.
  CHECK(log.size() == 1);
  CHECK(wheel.next_ms() == 30'000);
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

namespace {

/// The connections of one thread, which tick as a server's do.
struct ticking {
  struct connection final : timer_wheel::entry {
    ticking* all = nullptr;
    std::int64_t due_ms = 0;
    int ticks = 0;

    void expired(std::int64_t now_ms) override {
      ++ticks;
      ++all->now_due;
      due_ms = next_tick_ms(due_ms, now_ms);
      all->wheel.schedule(*this, due_ms);
    }
  };

  ticking(int count, std::int64_t now_ms) : wheel{now_ms}, now{now_ms} {
    for (int n = 1; n <= count; ++n) {
      auto& one = *connections.emplace_back(std::make_unique<connection>());
      one.all = this;
      one.due_ms = first_tick_ms(now_ms, wheel.spread(tick_ms), n);
      wheel.schedule(one, one.due_ms);
    }
  }

  /// Until then the thread wakes whenever the wheel wants it to.
  void run_until(std::int64_t end_ms) {
    for (auto next = wheel.next_ms(); next && *next <= end_ms; next = wheel.next_ms()) {
      now = std::max(now, *next);
      now_due = 0;
      wheel.advance(now);
      ++wake_ups;
      most_due = std::max(most_due, now_due);
    }
    now = end_ms;
  }

  timer_wheel wheel;
  std::int64_t now;
  std::vector<std::unique_ptr<connection>> connections;
  int wake_ups = 0, now_due = 0, most_due = 0;
};

} // namespace

SCENARIO("fifteen thousand ticks a second do not come in one burst") {
  constexpr int count = 15'000;
  ticking thread{count, 1'010};
  thread.run_until(2'300);
  const auto burst_max = 2 * count / static_cast<int>(tick_ms / timer_wheel::slot_ms);
  CHECK(thread.most_due <= burst_max);
  CHECK(std::all_of(thread.connections.begin(), thread.connections.end(), [](const auto& c) { return c->ticks > 0; }));

  INFO("nor once all of them were late");
  thread.now += 8'000;
  thread.wheel.advance(thread.now);
  thread.most_due = 0;
  thread.run_until(thread.now + 3'000);
  CHECK(thread.most_due <= burst_max);
}

SCENARIO("few connections share few wake-ups, and each ticks every second") {
  ticking thread{300, 1'010};
  thread.run_until(2'300);
  thread.wake_ups = 0;
  for (const auto& c : thread.connections)
    c->ticks = 0;
  thread.run_until(12'300);
  CHECK(thread.wake_ups <= 50);
  CHECK(
    std::all_of(thread.connections.begin(), thread.connections.end(), [](const auto& c) { return c->ticks == 10; }));
}
