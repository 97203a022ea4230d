// client/backoff.hpp
#pragma once

#include <algorithm>
#include <cstdint>

namespace troupe::client {

/// Exponential back-off with full jitter: the n-th wait is drawn evenly from 0 to
/// min(most, first × 2ⁿ), so that clients that lost a node together do not return together.
class backoff {
public:
  backoff(std::int64_t first_ms, std::int64_t most_ms) : first_ms_{first_ms}, most_ms_{most_ms}, reach_ms_{first_ms} {}

  std::int64_t next_ms(std::uint64_t random) {
    const auto wait = static_cast<std::int64_t>(random % static_cast<std::uint64_t>(reach_ms_ + 1));
    reach_ms_ = std::min(most_ms_, reach_ms_ * 2);
    return wait;
  }

  void reset() { reach_ms_ = first_ms_; }

private:
  std::int64_t first_ms_;
  std::int64_t most_ms_;
  std::int64_t reach_ms_;
};

} // namespace troupe::client
