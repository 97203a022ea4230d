// apps/troupe/shrinkage.hpp
//
// When a node gives memory back that it no longer needs.
#pragma once

#include <algorithm>
#include <cstdint>

namespace troupe {

/// Notices when what a node holds has become a quarter less than it was: then its allocator is worth asking to give
/// pages back, which it does not do by itself where a live block lies above them. And once more a good minute later,
/// because the clock keeps an actor that has ended for up to a minute (actors/alarm.hpp).
///
/// A node that grows, or holds the same, is never disturbed; one that empties is at most 2 log(n) times.
/// Threading: one thread.
class shrinkage {
public:
  /// What fewer things need is not worth the walk.
  static constexpr std::uint64_t noticed_from = 32;
  static constexpr std::uint32_t again_after = 70;

  /// `held` is the number of connections and actors, read every second. True where the allocator should be asked.
  bool notices(std::uint64_t held) {
    most_ = std::max(most_, held);
    if (most_ >= noticed_from && held <= most_ / 4 * 3) {
      most_ = held;
      again_in_ = again_after;
      return true;
    }
    return again_in_ != 0 && --again_in_ == 0;
  }

private:
  std::uint64_t most_ = 0;     ///< Since it was last noticed.
  std::uint32_t again_in_ = 0; ///< Readings; 0: not at all.
};

} // namespace troupe
