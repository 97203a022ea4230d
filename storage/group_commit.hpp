// storage/group_commit.hpp
//
// Where many threads' writes become one thread's commits.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::storage {

/// The bounds of a group commit; the defaults are those of config::store_options.
struct group_commit_limits {
  std::uint32_t commit_messages_max = 256; ///< Of one commit.
  std::uint32_t room_share_max = 32;       ///< Of one room in a commit while others wait.
  std::uint32_t queue_max = 65'536;        ///< Messages waiting; one past is refused.
};

/// Collects writes and hands them to `execute`, one batch after the other.
///
/// `Write` is movable and has `const std::string& room() const` and `std::uint32_t
/// messages() const` (at least 1). A write is never split.
///
/// Ordering:  writes of one room keep their order. Between rooms: in turn, one write a
///            turn. A room whose single write exceeds its share while others wait gets it
///            whole, and is passed over in the next commits until it is even.
/// Timing:    a batch starts when the one before has ended, with what waits then; no timer.
/// Threading: `push` from any thread; `execute` on one thread of its own.
/// Lifetime:  the destructor executes what still waits.
/// Overload:  `push` refuses one past `queue_max`.
template <class Write>
class group_commit {
public:
  using execute = std::function<void(std::vector<Write>&)>;

  group_commit(group_commit_limits limits, execute batch)
    : limits_(limits), execute_(std::move(batch)), worker_([this] { work(); }) {}

  group_commit(const group_commit&) = delete;
  group_commit& operator=(const group_commit&) = delete;

  ~group_commit() {
    {
      const std::lock_guard guard{lock_};
      stopping_ = true;
    }
    wake_.notify_one();
    worker_.join();
  }

  /// Takes the write, or leaves it as it is and returns false when the queue is full.
  bool push(Write&& what) {
    const auto messages = std::max(what.messages(), 1u);
    bool wake = false;
    {
      const std::lock_guard guard{lock_};
      if (waiting_ + messages > limits_.queue_max)
        return false;
      waiting_ += messages;
      waiting_now_.store(waiting_, std::memory_order_relaxed);
      auto& queue = lane_of(what.room()).writes;
      queue.push_back(std::move(what));
      wake = std::exchange(sleeping_, false);
    }
    if (wake)
      wake_.notify_one();
    return true;
  }

  /// Messages that wait; those of the batch at work do not count.
  std::uint64_t waiting() const noexcept { return waiting_now_.load(std::memory_order_relaxed); }

  /// Several rooms write: those that wait and those of the last batch are more than one.
  bool crowded() const noexcept { return rooms_now_.load(std::memory_order_relaxed) > 1; }

private:
  struct lane {
    std::string room;
    std::deque<Write> writes;
    std::uint64_t batch = 0; ///< The last one that took from it …
    std::uint32_t taken = 0; ///< … and how many messages.
  };
  using lanes = std::list<lane>;

  lane& lane_of(const std::string& room) {
    const auto [at, is_new] = by_room_.try_emplace(room);
    if (is_new) {
      turn_.push_back({room, {}, 0, 0});
      at->second = std::prev(turn_.end());
    }
    return *at->second;
  }

  void work() {
    std::vector<Write> batch;
    std::unique_lock hold{lock_};
    for (;;) {
      while (turn_.empty() && !stopping_) {
        owed_.clear();
        rooms_now_.store(0, std::memory_order_relaxed);
        sleeping_ = true;
        wake_.wait(hold);
        sleeping_ = false;
      }
      if (turn_.empty())
        return;
      take(batch);
      hold.unlock();
      execute_(batch);
      batch.clear();
      hold.lock();
    }
  }

  /// Moves the next batch out of the lanes. Called with the lock held.
  void take(std::vector<Write>& batch) {
    const bool alone = turn_.size() == 1;
    const auto share = alone ? limits_.commit_messages_max : limits_.room_share_max;
    rooms_now_.store(turn_.size(), std::memory_order_relaxed);

    lanes rested = pass_over_debtors();
    lanes served; // have had their share of this batch
    std::uint32_t messages = 0;
    ++batches_;
    while (!turn_.empty() && messages < limits_.commit_messages_max) {
      auto next = turn_.begin();
      const auto size = std::max(next->writes.front().messages(), 1u);
      if (std::exchange(next->batch, batches_) != batches_)
        next->taken = 0;
      auto& of_room = next->taken;
      if (of_room != 0 && of_room + size > share) {
        served.splice(served.end(), turn_, next);
        continue;
      }
      if (messages != 0 && messages + size > limits_.commit_messages_max)
        break; // it is first in the next batch
      of_room += size;
      messages += size;
      if (!alone && of_room > limits_.room_share_max)
        owed_[next->room] = of_room - limits_.room_share_max;
      batch.push_back(std::move(next->writes.front()));
      next->writes.pop_front();
      if (next->writes.empty()) {
        by_room_.erase(next->room);
        turn_.erase(next);
      } else {
        turn_.splice(turn_.end(), turn_, next);
      }
    }
    // Who had nothing this time comes first next time.
    turn_.splice(turn_.begin(), rested);
    turn_.splice(turn_.end(), served);
    waiting_ -= messages;
    waiting_now_.store(waiting_, std::memory_order_relaxed);
  }

  /// Takes the rooms out of the turn that had more than their share before, unless there
  /// are no others; each commit makes up for one share.
  lanes pass_over_debtors() {
    lanes rested;
    if (owed_.empty())
      return rested;
    if (turn_.size() == 1) {
      owed_.clear();
      return rested;
    }
    for (auto at = turn_.begin(); at != turn_.end();) {
      const auto here = at++;
      if (owed_.contains(here->room))
        rested.splice(rested.end(), turn_, here);
    }
    if (turn_.empty())
      turn_.swap(rested);
    for (auto at = owed_.begin(); at != owed_.end();)
      if (at->second <= limits_.room_share_max) {
        at = owed_.erase(at);
      } else {
        at->second -= limits_.room_share_max;
        ++at;
      }
    return rested;
  }

  const group_commit_limits limits_;
  const execute execute_;

  std::mutex lock_;
  std::condition_variable wake_;
  bool sleeping_ = false;
  bool stopping_ = false;
  std::uint64_t waiting_ = 0;
  std::uint64_t batches_ = 0;
  lanes turn_;                                                        ///< Rooms with writes, whose turn it is first.
  std::unordered_map<std::string, typename lanes::iterator> by_room_; ///< Into `turn_`.
  std::unordered_map<std::string, std::uint32_t> owed_;               ///< Messages a room had beyond its share.

  std::atomic<std::uint64_t> waiting_now_{0};
  std::atomic<std::size_t> rooms_now_{0};

  std::thread worker_; ///< Last: it starts when all else is there.
};

} // namespace troupe::storage
