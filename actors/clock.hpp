// actors/clock.hpp
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace troupe::actors {

/// UTC in milliseconds that never jumps: the steady clock plus an offset that follows the
/// wall clock by small steps, so that somebody who sets the clock ends no connection.
///
/// Threading: `now` from anywhere; `follow` from one thread, about once a second.
class clock {
public:
  clock() : offset_ms_(wall_ms() - steady_ms()) {}

  std::int64_t now() const noexcept { return steady_ms() + offset_ms_.load(std::memory_order_relaxed); }

  void follow() noexcept {
    constexpr std::int64_t step_ms_max = 5;
    const auto offset = offset_ms_.load(std::memory_order_relaxed);
    const auto behind = wall_ms() - steady_ms() - offset;
    offset_ms_.store(offset + std::clamp(behind, -step_ms_max, step_ms_max), std::memory_order_relaxed);
  }

private:
  static std::int64_t wall_ms() noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
  }
  static std::int64_t steady_ms() noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
  }

  std::atomic<std::int64_t> offset_ms_;
};

} // namespace troupe::actors
