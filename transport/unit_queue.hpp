// transport/unit_queue.hpp
//
// How work reaches an I/O thread: a list with one lock and one wake-up per burst.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace troupe::transport {

/// Pointers handed from any thread to one.
///
/// Ordering:  what one thread pushed is taken in that order.
/// Threading: `push` from anywhere; `take` and `rest` from the one consumer.
/// Wake-ups:  `push` answers true exactly once per burst: whoever gets it has to see to it that
///            the consumer calls `take`. A consumer that has taken calls `rest` when it is done;
///            when that answers true more came meanwhile, and the consumer itself has to come back.
template <class T>
class unit_queue {
public:
  /// Adds an item; true when the consumer has to be woken.
  [[nodiscard]] bool push(T* item) {
    std::lock_guard guard{mutex_};
    items_.push_back(item);
    return !std::exchange(awake_, true);
  }

  /// Swaps what waits into `out`, which has to be empty; its capacity is reused for the next burst.
  void take(std::vector<T*>& out) {
    std::lock_guard guard{mutex_};
    out.swap(items_);
  }

  /// Ends a burst; true when more waits already.
  [[nodiscard]] bool rest() {
    std::lock_guard guard{mutex_};
    awake_ = !items_.empty();
    return awake_;
  }

private:
  std::mutex mutex_;
  std::vector<T*> items_;
  bool awake_ = false; ///< A `take` is on its way.
};

} // namespace troupe::transport
