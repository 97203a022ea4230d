#include "actors/middleware/side_thread.hpp"

#include <utility>

namespace troupe::actors {

side_thread::side_thread(std::size_t waiting_max) : waiting_max_(waiting_max), thread_([this] { work(); }) {}

side_thread::~side_thread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool side_thread::run(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || jobs_.size() >= waiting_max_)
      return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void side_thread::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (ending_)
      return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

} // namespace troupe::actors
