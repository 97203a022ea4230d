// actors/middleware/failure_board.hpp
#pragma once

#include "protocol/messages.hpp"

#include <boost/describe/class.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

/// A step that failed at a request.
struct step_failure {
  protocol::time_ms time = 0;
  std::string step;
  std::string verb;
  std::string room;
  std::string user;
  bool operator==(const step_failure&) const = default;
};
BOOST_DESCRIBE_STRUCT(step_failure, (), (time, step, verb, room, user))

/// The last failures of steps that `recover` has seen, for reports.
///
/// Threading: any; a short lock.
class failure_board {
public:
  /// The oldest goes when there would be more than `failures_max`.
  void put(step_failure what, std::size_t failures_max) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::move(what));
    while (failures_.size() > failures_max)
      failures_.pop_front();
  }

  /// Oldest first.
  std::vector<step_failure> get() const {
    const std::lock_guard lock(mutex_);
    return {failures_.begin(), failures_.end()};
  }

private:
  mutable std::mutex mutex_;
  std::deque<step_failure> failures_;
};

} // namespace troupe::actors
