#include "storage/write_lock.hpp"
#include "tests/storage/directory.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

SCENARIO("who waits for the writers' lock for a bounded time stands in the queue") {
  troupe::storage::testing::directory where;
  const auto path = where / "lock";
  std::atomic<bool> ended{false};
  std::atomic<int> turns{0};
  GIVEN("three writers that ask again as soon as they gave it back") {
    std::vector<std::thread> writers;
    for (int i = 0; i < 3; ++i)
      writers.emplace_back([&] {
        storage::write_lock lock{path};
        while (!ended) {
          const storage::write_lock::guard turn{lock};
          ++turns;
          std::this_thread::sleep_for(2ms);
        }
      });
    while (turns < 10)
      std::this_thread::yield();
    THEN("the turn comes after some of theirs") {
      storage::write_lock lock{path};
      for (int i = 0; i < 5; ++i) {
        const int before = turns;
        const storage::write_lock::guard turn{lock, 60s};
        CHECK(turn.held());
        CHECK(turns - before < 50);
      }
    }
    ended = true;
    for (auto& one : writers)
      one.join();
  }
}

SCENARIO("who waits for the writers' lock may give up, and ask again") {
  troupe::storage::testing::directory where;
  const auto path = where / "lock";
  storage::write_lock theirs{path}, ours{path};
  {
    const storage::write_lock::guard held{theirs};
    for (int i = 0; i < 3; ++i)
      CHECK_FALSE(storage::write_lock::guard{ours, 1ms}.held());
  }
  CHECK(storage::write_lock::guard{ours, 60s}.held());
  // What was asked for in vain is not kept.
  CHECK(storage::write_lock::guard{theirs}.held());
  CHECK(storage::write_lock::guard{ours, 60s}.held());
}
