// actors/creation_budget.hpp
//
// How many rooms each user may bring into being on a node.
#pragma once

#include "protocol/messages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace troupe::actors {

using protocol::time_ms;

/// So many rooms an hour for each user: all of them at once, or one after the other.
///
/// Threading: from anywhere; new rooms are rare enough for one lock.
/// Memory:    one entry for each user who created something within the hour.
class creation_budget {
public:
  /// 0 when the user may create a room now, and has done so; else in how many milliseconds.
  std::uint32_t take(const std::string& user, std::uint32_t per_hour, time_ms now) {
    std::lock_guard guard{mutex_};
    if (spent_until_.size() >= next_prune_) {
      std::erase_if(spent_until_, [&](const auto& one) { return one.second <= now; });
      next_prune_ = std::max(prune_at_least, 2 * spent_until_.size());
    }
    const auto cost = hour_ms / per_hour;
    auto& until = spent_until_[user];
    const auto after = std::max(until, now) + cost;
    if (after > now + hour_ms)
      return static_cast<std::uint32_t>(after - now - hour_ms);
    until = after;
    return 0;
  }

private:
  static constexpr time_ms hour_ms = 3'600'000;
  static constexpr std::size_t prune_at_least = 1'024;

  std::mutex mutex_;
  std::unordered_map<std::string, time_ms> spent_until_; ///< When the whole budget is there again.
  std::size_t next_prune_ = prune_at_least;
};

} // namespace troupe::actors
