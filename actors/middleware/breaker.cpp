#include "actors/middleware/breaker.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

constexpr std::uint32_t probe_wait_ms = 500; ///< For those who come while probes are under way.

} // namespace

std::uint32_t breaker::admit(const void* request, time_ms now) {
  if (state_ == state::closed)
    return 0;
  if (state_ == state::open) {
    if (now < open_until_)
      return static_cast<std::uint32_t>(open_until_ - now);
    state_ = state::half_open;
    probing_.clear();
    probes_served_ = 0;
  }
  if (probing_.size() + probes_served_ >= rules_.probes)
    return probe_wait_ms;
  probing_.push_back(request);
  return 0;
}

bool breaker::ended(const void* request, time_ms began, result how, time_ms now) {
  if (state_ == state::closed)
    return how != result::unclear && began >= closed_since_ && count(how == result::failed, now);
  if (state_ == state::open || std::erase(probing_, request) == 0)
    return false;
  if (how == result::failed) {
    open(now);
    return true;
  }
  if (how == result::served && ++probes_served_ >= rules_.probes)
    close(now);
  return false;
}

bool breaker::count(bool failed, time_ms now) {
  while (!window_.empty() &&
         (window_.size() >= rules_.window_requests || window_.front().time + rules_.window_ms <= now))
    forget_first();
  window_.push_back({now, failed});
  failures_ += failed ? 1 : 0;
  if (!failed || failures_ < rules_.failures_min || failures_ * 100 < window_.size() * rules_.failure_percent)
    return false;
  open(now);
  return true;
}

void breaker::forget_first() {
  failures_ -= window_.front().failed ? 1 : 0;
  window_.pop_front();
}

void breaker::open(time_ms now) {
  state_ = state::open;
  open_until_ = now + rules_.open_ms;
  probing_.clear();
  window_.clear();
  failures_ = 0;
}

void breaker::close(time_ms now) {
  state_ = state::closed;
  closed_since_ = now;
  probing_.clear();
}

} // namespace troupe::actors
