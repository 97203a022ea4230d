// storage/read_pool.hpp
//
// Threads that read, each with something of its own to read from.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::storage {

/// Runs reads on a few threads; each read gets its thread's `Source`.
///
/// Ordering:  reads start in the order of `submit`.
/// Threading: `submit` from any thread.
/// Lifetime:  the destructor runs what still waits.
/// Overload:  `submit` refuses one past `queue_max`.
template <class Source>
class read_pool {
public:
  using read = std::function<void(Source&)>;

  read_pool(std::vector<std::unique_ptr<Source>> sources, std::size_t queue_max)
    : sources_(std::move(sources)), queue_max_(queue_max) {
    for (auto& source : sources_)
      threads_.emplace_back([this, &source] { work(*source); });
  }

  read_pool(const read_pool&) = delete;
  read_pool& operator=(const read_pool&) = delete;

  ~read_pool() {
    {
      const std::lock_guard guard{lock_};
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }

  bool submit(read what) {
    {
      const std::lock_guard guard{lock_};
      if (waiting_.size() >= queue_max_)
        return false;
      waiting_.push_back(std::move(what));
    }
    wake_.notify_one();
    return true;
  }

private:
  void work(Source& source) {
    std::unique_lock hold{lock_};
    for (;;) {
      wake_.wait(hold, [this] { return !waiting_.empty() || stopping_; });
      if (waiting_.empty())
        return;
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      hold.unlock();
      next(source);
      next = nullptr;
      hold.lock();
    }
  }

  std::vector<std::unique_ptr<Source>> sources_;
  const std::size_t queue_max_;
  std::mutex lock_;
  std::condition_variable wake_;
  std::deque<read> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace troupe::storage
