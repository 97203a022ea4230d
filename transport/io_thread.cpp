#include "transport/io_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <string>

namespace troupe::transport {

namespace {

thread_local const io_thread* this_thread = nullptr;

std::int64_t steady_ms() noexcept {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

/// Waits in the wheel, and lets its actor end meanwhile.
class io_thread::reminder final : public timer_wheel::entry {
public:
  reminder(io_thread& of, caf::weak_actor_ptr whom, actors::alarm_rang what)
    : thread_{of}, whom_{std::move(whom)}, what_{what} {}

  void expired(std::int64_t) override {
    if (const auto living = whom_.lock())
      living->enqueue(nullptr, caf::make_message_id(), caf::make_message(what_), &thread_);
    thread_.reminders_.erase(place);
  }

  std::list<reminder>::iterator place;

private:
  io_thread& thread_;
  const caf::weak_actor_ptr whom_;
  const actors::alarm_rang what_;
};

io_thread::io_thread(caf::actor_system* system, std::size_t index)
  : actors::actor_unit{system}, index_{index}, guard_{net::make_work_guard(context_)}, now_ms_{steady_ms()},
    wheel_{now_ms_}, timer_{context_.get_executor()} {}

io_thread::~io_thread() {
  stop();
  // Each queued job holds one reference of its actor.
  handed_.take(running_);
  running_.insert(running_.end(), local_.begin(), local_.end());
  for (auto* job : running_)
    caf::intrusive_ptr_release(job);
}

void io_thread::start() {
  thread_ = std::thread{[this] { run(); }};
}

void io_thread::stop() {
  guard_.reset();
  context_.stop();
  if (thread_.joinable())
    thread_.join();
}

bool io_thread::here() const noexcept { return this_thread == this; }

void io_thread::run() {
  this_thread = this;
  pthread_setname_np(pthread_self(), ("io-" + std::to_string(index_)).c_str());
  context_.run();
  this_thread = nullptr;
}

// -- actor_unit ---------------------------------------------------------------

void io_thread::exec_later(caf::resumable* job) {
  if (here()) {
    local_.push_back(job);
    if (!std::exchange(drain_posted_, true))
      post([this] { drain(); });
  } else if (handed_.push(job)) {
    post([this] { drain(); });
  }
}

void io_thread::remind(const caf::strong_actor_ptr& whom, std::int64_t delay_ms, actors::alarm_rang what) {
  assert(here());
  auto& one = reminders_.emplace_front(*this, caf::weak_actor_ptr{whom.get()}, what);
  one.place = reminders_.begin();
  schedule(one, refresh_now() + delay_ms + timer_wheel::slot_ms); // The wheel may be early by a slot.
}

void io_thread::drain() {
  refresh_now();
  bump(counters_.drains);
  drain_posted_ = false;
  handed_.take(running_);
  running_.insert(running_.end(), local_.begin(), local_.end());
  local_.clear();
  bump(counters_.resumes, static_cast<std::int64_t>(running_.size()));
  for (auto* job : running_)
    resume(job);
  running_.clear();
  if (handed_.rest() && !std::exchange(drain_posted_, true))
    post([this] { drain(); });
}

void io_thread::resume(caf::resumable* job) {
  switch (job->resume(this, throughput)) {
  case caf::resumable::resume_later:
    exec_later(job); // keeps the reference
    break;
  default: caf::intrusive_ptr_release(job);
  }
}

// -- output -------------------------------------------------------------------

void io_thread::want_flush(flushable& what) {
  assert(here());
  if (std::exchange(what.queued_, true))
    return;
  flush_list_.push_back(&what);
  if (!std::exchange(flush_posted_, true))
    post([this] { flush_all(); });
}

void io_thread::forget(flushable& what) noexcept {
  if (!std::exchange(what.queued_, false))
    return;
  std::replace(flush_list_.begin(), flush_list_.end(), &what, static_cast<flushable*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), &what, static_cast<flushable*>(nullptr));
}

void io_thread::flush_all() {
  // Actors that are about to run usually have more for the same sockets: they go first, once.
  if (drain_posted_ && !std::exchange(flush_deferred_, true)) {
    post([this] { flush_all(); });
    return;
  }
  flush_deferred_ = false;
  flush_posted_ = false;
  bump(counters_.turns);
  bump(counters_.flushes, static_cast<std::int64_t>(flush_list_.size()));
  flushing_.swap(flush_list_);
  for (std::size_t i = 0; i < flushing_.size(); ++i) // `forget` may clear entries meanwhile
    if (auto* what = flushing_[i]) {
      what->queued_ = false;
      what->flush();
    }
  flushing_.clear();
}

// -- time ---------------------------------------------------------------------

std::int64_t io_thread::refresh_now() noexcept { return now_ms_ = steady_ms(); }

void io_thread::schedule(timer_wheel::entry& what, std::int64_t due_ms) {
  wheel_.schedule(what, due_ms);
  if (armed_ms_ == 0 || due_ms < armed_ms_)
    arm_timer();
}

void io_thread::arm_timer() {
  const auto next = wheel_.next_ms();
  if (!next) {
    armed_ms_ = 0;
    return;
  }
  if (armed_ms_ == *next)
    return;
  armed_ms_ = *next;
  timer_.expires_at(std::chrono::steady_clock::time_point{std::chrono::milliseconds{armed_ms_}});
  timer_.async_wait([this](error_code ec) {
    if (ec)
      return; // armed anew meanwhile
    wheel_.advance(refresh_now());
    armed_ms_ = 0;
    arm_timer();
  });
}

// -- io_pool ------------------------------------------------------------------

std::size_t io_pool::size_for(std::size_t threads) {
  return threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
}

io_pool::io_pool(caf::actor_system* system, std::size_t threads) {
  const auto count = size_for(threads);
  for (std::size_t index = 0; index < count; ++index)
    threads_.push_back(std::make_unique<io_thread>(system, index));
}

io_pool::~io_pool() { stop(); }

void io_pool::start() {
  for (const auto& thread : threads_)
    thread->start();
}

void io_pool::stop() {
  for (const auto& thread : threads_)
    thread->stop();
}

} // namespace troupe::transport
