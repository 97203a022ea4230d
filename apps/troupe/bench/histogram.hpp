// apps/troupe/bench/histogram.hpp
#pragma once

#include <array>
#include <cstdint>

namespace troupe::bench {

/// Counts of nanoseconds in log-linear buckets: 64 to each power of two, so a value read
/// back is at most 1.6 % too high and never too low. Minimum and maximum are exact.
///
/// Threading: one writer; merge after it has ended.
class histogram {
public:
  void add(std::int64_t value_ns) noexcept; ///< Negative counts as 0.
  void merge(const histogram& other) noexcept;

  /// The value that `percent` of the counts do not exceed; 0 when empty.
  std::int64_t percentile(double percent) const noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::int64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  std::int64_t max() const noexcept { return max_; }

private:
  static constexpr int sub_bits = 6;
  static constexpr std::size_t buckets = (64 - sub_bits + 1) << sub_bits;

  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::int64_t top_of(std::size_t bucket) noexcept;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t min_ = INT64_MAX;
  std::int64_t max_ = 0;
};

} // namespace troupe::bench
