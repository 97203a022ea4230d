#pragma once

#include "protocol/messages.hpp"

#include <boost/describe/class.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace troupe::actors {

/// Microseconds of a clock that never jumps; for differences only.
inline std::int64_t steady_us() noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// How long something took. `count`, `mean_us` and `max_us` are of the last one to two minutes,
/// `last_us` is the newest one, however long ago.
struct time_summary {
  std::uint64_t count = 0;
  std::uint64_t last_us = 0;
  std::uint64_t mean_us = 0;
  std::uint64_t max_us = 0;
  bool operator==(const time_summary&) const = default;
};
BOOST_DESCRIBE_STRUCT(time_summary, (), (count, last_us, mean_us, max_us))

/// Remembers how long something took lately: this minute and the one before, so that an old
/// peak does not stay for ever.
///
/// Time:   only `now`, in milliseconds, counts.
/// Limits: what took longer than an hour counts as an hour. Small, because every room has some.
class recent_times {
public:
  static constexpr protocol::time_ms window_ms = 60'000;
  static constexpr std::int64_t longest_us = 3'600'000'000;

  void add(std::int64_t took_us, protocol::time_ms now) {
    roll(now);
    last_us_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took_us, 0, longest_us));
    ++present_.count;
    present_.sum_us += last_us_;
    present_.max_us = std::max(present_.max_us, last_us_);
  }

  time_summary summary(protocol::time_ms now) const {
    auto rolled = *this;
    rolled.roll(now);
    time_summary all{std::uint64_t{rolled.present_.count} + rolled.before_.count, last_us_, 0,
                     std::max(rolled.present_.max_us, rolled.before_.max_us)};
    if (all.count > 0)
      all.mean_us = (rolled.present_.sum_us + rolled.before_.sum_us) / all.count;
    return all;
  }

private:
  struct window {
    std::uint64_t sum_us = 0;
    std::uint32_t count = 0;
    std::uint32_t max_us = 0;
  };

  void roll(protocol::time_ms now) {
    if (now < began_ + window_ms)
      return;
    before_ = now < began_ + 2 * window_ms ? present_ : window{};
    present_ = {};
    began_ = now - now % window_ms;
  }

  protocol::time_ms began_ = 0;
  std::uint32_t last_us_ = 0;
  window present_;
  window before_;
};

} // namespace troupe::actors
