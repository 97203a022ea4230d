// apps/troupe/bench/board.hpp
#pragma once

#include "apps/troupe/bench/layout.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::bench {

inline std::int64_t steady_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// What the whole run is doing.
enum class stage : std::uint8_t { opening, holding, sending, draining, finished };

/// What the coordinator and the drivers tell one another.
///
/// Threading: `at` and the measuring window are written by the coordinator. `sent` of a
/// sender is written by its driver. `remaining` is shared by all receivers of a message.
class board {
public:
  board(const settings& s, const layout& l)
    : sent(static_cast<std::size_t>(l.rooms()) * l.senders), window_each{!s.closed || l.senders == 0 ? 0u
                                                                         : l.joins ? std::max(1u, s.window / l.senders)
                                                                                   : s.window},
      ring{std::bit_ceil(window_each + 1)}, remaining(s.closed ? sent.size() * ring : 0) {}

  /// A reason why something went wrong; the first few are kept.
  void complain(std::string_view what) {
    const std::lock_guard lock{complaints_mutex_};
    if (complaints_.size() < complaints_max)
      complaints_.emplace_back(what.substr(0, 300));
  }
  std::vector<std::string> complaints() {
    const std::lock_guard lock{complaints_mutex_};
    return complaints_;
  }

  /// Closed loop: how many receivers still miss message `number` of `sender`.
  std::atomic<std::uint32_t>& remaining_of(std::size_t sender, std::uint32_t number) noexcept {
    return remaining[sender * ring + (number & (ring - 1))];
  }

  std::atomic<stage> at{stage::opening};
  std::atomic<std::int64_t> sending_from_ns{0};
  std::atomic<std::int64_t> measure_from_ns{INT64_MAX};
  std::atomic<std::int64_t> measure_to_ns{INT64_MAX};
  std::vector<std::atomic<std::uint32_t>> sent; ///< Highest number of each sender.
  const std::uint32_t window_each;              ///< Closed loop: messages on their way, per sender.

private:
  static constexpr std::size_t complaints_max = 3;

  const std::uint32_t ring;
  std::vector<std::atomic<std::uint32_t>> remaining;
  std::mutex complaints_mutex_;
  std::vector<std::string> complaints_;
};

} // namespace troupe::bench
