// actors/middleware/side_thread.hpp
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace troupe::actors {

/// One thread for work that is too long for an I/O thread, in the order in which it is given.
///
/// Threading: `run` from any thread. Limits: `waiting_max` jobs wait; one more is not taken.
class side_thread {
public:
  explicit side_thread(std::size_t waiting_max);
  ~side_thread(); ///< What waits is not done any more.
  side_thread(const side_thread&) = delete;
  side_thread& operator=(const side_thread&) = delete;

  /// False when too much waits.
  bool run(std::function<void()> job);

private:
  void work();

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace troupe::actors
