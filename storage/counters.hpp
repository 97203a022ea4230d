// storage/counters.hpp
//
// What a log counts about itself, for metrics and tests.
#pragma once

#include "storage/message_log.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::storage {

/// How often something took how long.
///
/// Threading: any thread may add and read; a reader may see a sum and its buckets a
/// moment apart.
class duration_histogram {
public:
  /// Upper bounds in microseconds; one more bucket takes what is above.
  static constexpr std::array<std::uint64_t, 12> bounds_us{100,    250,    500,    1'000,   2'500,   5'000,
                                                           10'000, 25'000, 50'000, 100'000, 250'000, 1'000'000};

  void add(std::chrono::nanoseconds took) noexcept {
    const auto us = static_cast<std::uint64_t>(took.count() / 1'000);
    std::size_t at = 0;
    while (at < bounds_us.size() && us > bounds_us[at])
      ++at;
    buckets_[at].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(us, std::memory_order_relaxed);
    count_.fetch_add(1, std::memory_order_relaxed);
  }

  /// Not cumulative; `at` may be `bounds_us.size()`.
  std::uint64_t bucket(std::size_t at) const noexcept { return buckets_[at].load(std::memory_order_relaxed); }
  std::uint64_t sum_us() const noexcept { return sum_us_.load(std::memory_order_relaxed); }
  std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, bounds_us.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_us_{0};
  std::atomic<std::uint64_t> count_{0};
};

/// Numbers of one `message_log`. All only grow, except those that say "now".
///
/// Threading: relaxed atomics; written by the threads of the store, read by anybody.
struct log_counters {
  using counter = std::atomic<std::uint64_t>;

  counter commits{0};        ///< Transactions that were committed.
  counter messages{0};       ///< Records stored by them.
  duration_histogram commit; ///< The COMMIT alone: write and sync of the write-ahead log.
  duration_histogram batch;  ///< From the begin to the end of a commit.

  counter checkpoints{0};
  duration_histogram checkpoint;
  counter wal_pages_now{0}; ///< Pages of the write-ahead log that wait for a checkpoint or a restart.

  counter queue_now{0};    ///< Messages waiting for a commit.
  counter full_now{0};     ///< 1 while writes are answered `full`.
  counter full_entered{0}; ///< How often the disk was found full.

  counter reads{0};        ///< Reads that reached the store.
  counter reads_shared{0}; ///< Loads of a page that were answered by another one's read.
  counter reads_waiting_now{0};
  duration_histogram read;

  /// Operations that were answered with a status other than `ok`, by its number.
  std::array<counter, 10> refused{};

  void count_refusal(status why) noexcept {
    if (why != status::ok)
      refused[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  }
};

} // namespace troupe::storage
