// The hand-off between writers and the committing thread: bounds, order, fairness. Without
// a database, so that it can run under the thread sanitizer.
#include "storage/group_commit.hpp"
#include "storage/read_pool.hpp"
#include "storage/shared_loads.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <thread>

using namespace troupe::storage;

namespace {

struct piece {
  std::string in;
  std::uint32_t size = 1;
  unsigned number = 0;
  const std::string& room() const { return in; }
  std::uint32_t messages() const { return size; }
};

using batch = std::vector<piece>;

/// A group commit whose first batch is held until `go`, so that what waits meanwhile is known.
class held {
public:
  explicit held(group_commit_limits limits = {}) : commit_(std::in_place, limits, [this](batch& b) { take(b); }) {
    commit_->push({"the one that is held", 1, 0});
    started_.get_future().wait();
  }

  bool push(std::string room, std::uint32_t size = 1, unsigned number = 0) {
    return commit_->push({std::move(room), size, number});
  }

  std::uint64_t waiting() const { return commit_->waiting(); }
  bool crowded() const { return commit_->crowded(); }

  /// Lets everything run and gives the batches after the first.
  std::vector<batch> go() {
    released_.set_value();
    commit_.reset();
    return {batches_.begin() + 1, batches_.end()};
  }

private:
  void take(batch& b) {
    batches_.push_back(b);
    if (batches_.size() == 1) {
      started_.set_value();
      released_.get_future().wait();
    }
  }

  std::promise<void> started_, released_;
  std::vector<batch> batches_;
  std::optional<group_commit<piece>> commit_;
};

std::uint32_t messages(const batch& b, const std::string& room = {}) {
  std::uint32_t sum = 0;
  for (const auto& p : b)
    if (room.empty() || p.in == room)
      sum += p.size;
  return sum;
}

} // namespace

TEST_CASE("a commit takes what waits, at most its bound") {
  held commit;
  for (unsigned i = 0; i < 300; ++i)
    commit.push("room-" + std::to_string(i));
  const auto batches = commit.go();
  REQUIRE(batches.size() == 2);
  CHECK(messages(batches[0]) == 256);
  CHECK(messages(batches[1]) == 44);
}

TEST_CASE("a room alone may fill a commit, in its order") {
  held commit;
  for (unsigned i = 0; i < 257; ++i)
    commit.push("lounge", 1, i);
  const auto batches = commit.go();
  REQUIRE(batches.size() == 2);
  CHECK(messages(batches[0]) == 256);
  unsigned expected = 0;
  for (const auto& b : batches)
    for (const auto& p : b)
      CHECK(p.number == expected++);
}

TEST_CASE("while others wait a room has its share, and they have their turn") {
  held commit;
  for (unsigned i = 0; i < 1'000; ++i)
    commit.push("loud", 1, i);
  for (unsigned i = 0; i < 3; ++i)
    for (const auto* quiet : {"a", "b", "c"})
      commit.push(quiet, 1, i);
  const auto batches = commit.go();
  CHECK(messages(batches[0], "loud") == 32);
  for (const auto* quiet : {"a", "b", "c"})
    CHECK(messages(batches[0], quiet) == 3);
  CHECK(messages(batches[1], "loud") == 256);
  // One write a turn: the second of each room comes after the first of every room.
  std::set<std::string> firsts;
  for (std::size_t i = 0; i < 4; ++i)
    firsts.insert(batches[0][i].in);
  CHECK(firsts.size() == 4);
}

TEST_CASE("rooms that did not fit come first in the next commit") {
  held commit{{.commit_messages_max = 4, .room_share_max = 2}};
  for (unsigned i = 0; i < 3; ++i)
    for (const auto* room : {"a", "b", "c", "d", "e", "f"})
      commit.push(room, 1, i);
  const auto batches = commit.go();
  std::map<std::string, unsigned> first_batch;
  for (std::size_t i = 0; i < batches.size(); ++i)
    for (const auto& p : batches[i])
      first_batch.try_emplace(p.in, i);
  for (const auto& [room, at] : first_batch)
    CHECK(at <= 1);
}

TEST_CASE("a run larger than the share is taken whole, and its room pays it back") {
  held commit;
  commit.push("large", 256, 0);
  commit.push("large", 256, 1);
  for (unsigned i = 0; i < 2'000; ++i)
    commit.push("b" + std::to_string(i % 100), 1, i);
  const auto batches = commit.go();
  std::vector<std::size_t> of_large;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    CHECK(messages(batches[i]) <= 256);
    if (messages(batches[i], "large") != 0)
      of_large.push_back(i);
  }
  REQUIRE(of_large.size() == 2);
  CHECK(of_large[1] - of_large[0] >= 8); // 256 messages are eight shares
}

TEST_CASE("a large run is not kept waiting for ever by small ones") {
  held commit;
  for (unsigned i = 0; i < 200; ++i)
    commit.push("small-" + std::to_string(i));
  commit.push("large", 200);
  for (unsigned i = 200; i < 600; ++i)
    commit.push("small-" + std::to_string(i));
  const auto batches = commit.go();
  CHECK(messages(batches.at(0), "large") == 0);
  CHECK(messages(batches.at(1), "large") == 200);
}

TEST_CASE("one past the queue's bound is refused and leaves the write as it was") {
  held commit{{.queue_max = 10}};
  REQUIRE(commit.push("a", 9));
  CHECK(commit.push("a", 1));
  CHECK_FALSE(commit.push("a", 1));
  CHECK(commit.waiting() == 10);
  const auto batches = commit.go();
  CHECK(messages(batches.at(0)) == 10);
}

TEST_CASE("it is crowded when more than one room writes") {
  std::atomic<int> crowded{-1};
  group_commit<piece>* self = nullptr;
  std::promise<void> started, released;
  std::atomic<int> batches{0};
  {
    group_commit<piece> commit{{}, [&](batch&) {
                                 if (++batches == 1) {
                                   started.set_value();
                                   released.get_future().wait();
                                 } else {
                                   crowded = self->crowded() ? 1 : 0;
                                 }
                               }};
    self = &commit;
    commit.push({"first"});
    started.get_future().wait();
    CHECK_FALSE(commit.crowded());
    commit.push({"a"});
    commit.push({"b"});
    released.set_value();
  }
  CHECK(crowded == 1);
}

TEST_CASE("everything that was pushed by many threads is executed once, in each one's order") {
  constexpr unsigned threads = 4;
  constexpr unsigned each = 5'000;
  std::map<std::string, unsigned> next;
  unsigned out_of_order = 0;
  unsigned executed = 0;
  {
    group_commit<piece> commit{{}, [&](batch& b) {
                                 for (const auto& p : b) {
                                   if (p.number != next[p.in]++)
                                     ++out_of_order;
                                   ++executed;
                                 }
                               }};
    std::vector<std::thread> writers;
    for (unsigned t = 0; t < threads; ++t)
      writers.emplace_back([&commit, t] {
        std::map<std::string, unsigned> numbers;
        for (unsigned i = 0; i < each;) {
          const auto room = std::to_string(t) + "-" + std::to_string(i % 7);
          if (commit.push({room, 1, numbers[room]})) {
            ++numbers[room];
            ++i;
          } else {
            std::this_thread::yield();
          }
        }
      });
    for (auto& writer : writers)
      writer.join();
  }
  CHECK(executed == threads * each);
  CHECK(out_of_order == 0);
}

TEST_CASE("a write may ask for another one from inside a commit") {
  std::vector<unsigned> seen;
  {
    group_commit<piece>* self = nullptr;
    group_commit<piece> commit{{}, [&](batch& b) {
                                 for (const auto& p : b) {
                                   seen.push_back(p.number);
                                   if (p.number < 5)
                                     self->push({p.in, 1, p.number + 1});
                                 }
                               }};
    self = &commit;
    commit.push({"lounge", 1, 1});
  } // also while it ends
  CHECK(seen == std::vector<unsigned>{1, 2, 3, 4, 5});
}

TEST_CASE("reads run on the pool's threads, each with its own source, until the last") {
  std::vector<std::unique_ptr<int>> sources;
  for (int i = 0; i < 3; ++i)
    sources.push_back(std::make_unique<int>(0));
  std::atomic<int> done{0};
  std::vector<int*> raw;
  for (auto& s : sources)
    raw.push_back(s.get());
  std::atomic<int> refused{0};
  {
    read_pool<int> pool{std::move(sources), 1'000};
    std::vector<std::thread> askers;
    for (int t = 0; t < 3; ++t)
      askers.emplace_back([&] {
        for (int i = 0; i < 2'000; ++i)
          if (!pool.submit([&](int& mine) {
                ++mine; // a race if two threads had the same source
                ++done;
              }))
            ++refused;
      });
    for (auto& a : askers)
      a.join();
  }
  CHECK(done + refused == 6'000);
}

TEST_CASE("one past the bound of waiting reads is refused") {
  std::vector<std::unique_ptr<int>> sources;
  sources.push_back(std::make_unique<int>(0));
  std::promise<void> started, released;
  read_pool<int> pool{std::move(sources), 2};
  pool.submit([&](int&) {
    started.set_value();
    released.get_future().wait();
  });
  started.get_future().wait();
  CHECK(pool.submit([](int&) {}));
  CHECK(pool.submit([](int&) {}));
  CHECK_FALSE(pool.submit([](int&) {}));
  released.set_value();
}

TEST_CASE("questions asked before the read has started share it, later ones do not") {
  using loads = shared_loads<std::string, int>;
  loads all{3};
  std::vector<int> answers;
  const auto note = [&](int offset) { return [&answers, offset](int value) { answers.push_back(value + offset); }; };
  CHECK(all.ask("page", note(0)) == loads::role::starts);
  CHECK(all.ask("page", note(100)) == loads::role::joins);
  CHECK(all.ask("other", note(200)) == loads::role::starts);
  CHECK(all.ask("page", note(300)) == loads::role::refused); // one past the bound
  for (auto& whom : all.start("page"))
    whom(1);
  CHECK(answers == std::vector{1, 101});
  CHECK(all.ask("page", note(0)) == loads::role::starts);
  CHECK(all.start("page").size() == 1);
  CHECK(all.start("page").empty());
}
