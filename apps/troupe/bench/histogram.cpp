#include "apps/troupe/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace troupe::bench {

std::size_t histogram::bucket_of(std::uint64_t value) noexcept {
  constexpr std::uint64_t linear = 1u << sub_bits;
  if (value < linear)
    return value;
  const int shift = std::bit_width(value) - 1 - sub_bits;
  return (static_cast<std::size_t>(shift + 1) << sub_bits) + ((value >> shift) & (linear - 1));
}

std::int64_t histogram::top_of(std::size_t bucket) noexcept {
  constexpr std::uint64_t linear = 1u << sub_bits;
  if (bucket < linear)
    return static_cast<std::int64_t>(bucket);
  const auto shift = (bucket >> sub_bits) - 1;
  const std::uint64_t low = ((bucket & (linear - 1)) | linear) << shift;
  return static_cast<std::int64_t>(low + ((std::uint64_t{1} << shift) - 1));
}

void histogram::add(std::int64_t value_ns) noexcept {
  value_ns = std::max<std::int64_t>(value_ns, 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(value_ns))];
  ++count_;
  min_ = std::min(min_, value_ns);
  max_ = std::max(max_, value_ns);
}

void histogram::merge(const histogram& other) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::int64_t histogram::percentile(double percent) const noexcept {
  if (count_ == 0)
    return 0;
  const auto wanted =
    std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(percent / 100.0 * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted)
      return std::clamp(top_of(i), min_, max_);
  }
  return max_;
}

} // namespace troupe::bench
