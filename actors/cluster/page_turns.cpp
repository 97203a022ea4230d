#include "actors/cluster/page_turns.hpp"

#include <utility>

namespace troupe::actors {

bool page_turns::wait_for(reading what, bool may_be_refused) {
  {
    const std::lock_guard guard{mutex_};
    if (closed_)
      return true; // Nobody is there any more who could be told.
    if (may_be_refused && waiting_.size() >= waiting_max)
      return false;
    waiting_.push_back(std::move(what));
  }
  begin_who_may();
  return true;
}

void page_turns::forget() {
  std::deque<reading> forgotten; // Destroyed without the lock: they may hold turns.
  const std::lock_guard guard{mutex_};
  forgotten.swap(waiting_);
}

void page_turns::close() {
  {
    const std::lock_guard guard{mutex_};
    closed_ = true;
  }
  forget();
}

void page_turns::give_back() {
  {
    const std::lock_guard guard{mutex_};
    ++free_;
  }
  begin_who_may();
}

page_turns::begun::~begun() {
  if (!hold.owns_lock())
    hold.lock();
  of.beginning_ = false;
}

/// A reading that ends at once gives its turn back in here: one loop, however many wait, not one call in another.
void page_turns::begin_who_may() {
  std::unique_lock guard{mutex_};
  if (beginning_)
    return;
  beginning_ = true;
  const begun end{*this, guard}; // Also when a reading throws.
  while (free_ != 0 && !waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    --free_;
    guard.unlock();
    next(turn{nullptr, [self = shared_from_this()](void*) { self->give_back(); }});
    next = nullptr;
    guard.lock();
  }
}

} // namespace troupe::actors
