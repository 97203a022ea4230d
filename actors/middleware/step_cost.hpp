// actors/middleware/step_cost.hpp
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::actors {

/// What a step costs its thread, in nanoseconds: every `sample_every`-th request is timed.
///
/// Precision: a quarter of an octave. Threading: one thread.
class step_cost {
public:
  static constexpr std::uint32_t sample_every = 16;

  /// True when this one is to be timed.
  bool due() noexcept { return ++seen_ % sample_every == 1; }

  void add(std::chrono::nanoseconds took) noexcept {
    ++counts_[slot(static_cast<std::uint64_t>(took.count()))];
    ++timed_;
  }

  std::uint64_t seen() const noexcept { return seen_; }

  /// The time that `per_mille` of the timed requests did not exceed; 0 when none was timed.
  std::uint64_t at(std::uint32_t per_mille) const noexcept {
    const auto wanted = (timed_ * per_mille + 999) / 1'000;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < counts_.size() && wanted > 0; ++i)
      if ((sum += counts_[i]) >= wanted)
        return upper(i);
    return 0;
  }

  void add(const step_cost& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] += other.counts_[i];
    timed_ += other.timed_;
    seen_ += other.seen_;
  }

private:
  static constexpr std::size_t octaves = 40; // Up to 18 minutes.

  static std::size_t slot(std::uint64_t ns) noexcept {
    if (ns < 4)
      return static_cast<std::size_t>(ns);
    const auto octave = static_cast<std::size_t>(std::bit_width(ns)) - 3;
    return std::min(octave * 4 + (ns >> octave), octaves * 4 - 1);
  }
  static std::uint64_t upper(std::size_t slot) noexcept {
    if (slot < 8)
      return slot;
    const auto octave = slot / 4 - 1;
    return ((slot - octave * 4 + 1) << octave) - 1;
  }

  std::array<std::uint64_t, octaves * 4> counts_{};
  std::uint64_t timed_ = 0;
  std::uint64_t seen_ = 0;
};

} // namespace troupe::actors
