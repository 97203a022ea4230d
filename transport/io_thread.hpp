// transport/io_thread.hpp
//
// One thread, one event loop, and the execution unit of every actor whose socket lives on it.
#pragma once

#include "actors/actor_unit.hpp"
#include "transport/asio.hpp"
#include "transport/counters.hpp"
#include "transport/timer_wheel.hpp"
#include "transport/unit_queue.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::transport {

/// Something with output to write at the end of a loop turn.
class flushable {
public:
  virtual void flush() = 0;

protected:
  virtual ~flushable() = default;

private:
  friend class io_thread;
  bool queued_ = false;
};

/// An event loop that also runs actors and wakes them, so that a socket and its actor never change threads.
///
/// Ordering:  actors that become ready in one loop turn run before anything of that turn is written.
/// Threading: `exec_later`, `post`, `index` and the counters from anywhere; the rest on this thread.
/// Lifetime:  outlives every actor that runs on it: stop sockets and actors first, then `stop`, then destroy it,
///            then the actor system.
/// Idle:      sleeps in the kernel; nothing polls.
class io_thread final : public actors::actor_unit {
public:
  /// Most messages an actor handles before the others get their turn.
  static constexpr std::size_t throughput = 100;

  io_thread(caf::actor_system* system, std::size_t index);
  ~io_thread() override;

  void start();

  /// Ends the loop and joins the thread. Work that is still queued is dropped.
  void stop();

  // -- actor_unit -------------------------------------------------------------
  void exec_later(caf::resumable* job) override;
  void remind(const caf::strong_actor_ptr& whom, std::int64_t delay_ms, actors::alarm_rang what) override;

  // -- work -------------------------------------------------------------------
  std::size_t index() const noexcept { return index_; }
  net::io_context& context() noexcept { return context_; }
  const unit_counters& counters() const noexcept { return counters_; }

  /// Runs `work` on this thread, soon.
  template <class F>
  void post(F&& work) {
    net::post(context_.get_executor(), std::forward<F>(work));
  }

  /// True on this thread.
  bool here() const noexcept;

  /// Between `start` and `stop`, as seen by the thread that calls them.
  bool running() const noexcept { return thread_.joinable(); }

  /// Calls `what.flush()` once at the end of this loop turn, however often it was wanted.
  void want_flush(flushable& what);

  /// Takes back `want_flush`; to be called before `what` is destroyed.
  void forget(flushable& what) noexcept;

  // -- time -------------------------------------------------------------------
  /// Steady milliseconds, as of the last time this thread woke up.
  std::int64_t now_ms() const noexcept { return now_ms_; }

  /// Reads the clock; completions that start work call it once.
  std::int64_t refresh_now() noexcept;

  void schedule(timer_wheel::entry& what, std::int64_t due_ms);

  /// The next of a series of well-spread first times within `period_ms`.
  std::int64_t spread(std::int64_t period_ms) noexcept { return wheel_.spread(period_ms); }

private:
  class reminder;
  using timer = net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>,
                                          net::io_context::executor_type>;

  void run();
  void drain();
  void resume(caf::resumable* job);
  void flush_all();
  void arm_timer();

  const std::size_t index_;
  net::io_context context_{1};
  net::executor_work_guard<net::io_context::executor_type> guard_;
  std::thread thread_;
  unit_counters counters_;

  unit_queue<caf::resumable> handed_;  ///< From other threads.
  std::vector<caf::resumable*> local_; ///< From this thread, without a lock.
  std::vector<caf::resumable*> running_;
  bool drain_posted_ = false;

  std::vector<flushable*> flush_list_;
  std::vector<flushable*> flushing_;
  bool flush_posted_ = false;
  bool flush_deferred_ = false; ///< It has already waited once for actors that were about to run.

  std::int64_t now_ms_ = 0;
  timer_wheel wheel_;
  timer timer_;
  std::int64_t armed_ms_ = 0; ///< When the timer fires; 0 = not armed.
  std::list<reminder> reminders_;
};

/// The I/O threads of a node.
class io_pool {
public:
  /// How many threads that makes: 0 = one per core.
  static std::size_t size_for(std::size_t threads);

  io_pool(caf::actor_system* system, std::size_t threads);
  ~io_pool();

  void start();
  void stop();

  std::size_t size() const noexcept { return threads_.size(); }
  io_thread& operator[](std::size_t index) const noexcept { return *threads_[index]; }

private:
  std::vector<std::unique_ptr<io_thread>> threads_;
};

} // namespace troupe::transport
