// apps/troupe/shrinkage.hpp
//
// When a node gives memory back that it no longer needs.
#pragma once

#include <algorithm>
#include <cstdint>

namespace troupe {

/// Notices when what a node holds has become a quarter less than it was: then its allocator is worth asking to give
/// pages back, which it does not do by itself where a live block lies above them.
///
/// A node that grows, or holds the same, is never disturbed; one that empties is at most log(n) times.
/// Threading: one thread.
class shrinkage {
public:
  /// What fewer things need is not worth the walk.
  static constexpr std::uint64_t noticed_from = 128;

  /// `held` is the number of connections and actors, read every second or so. True where the allocator should be asked.
  bool notices(std::uint64_t held) {
    most_ = std::max(most_, held);
    if (most_ < noticed_from || held > most_ / 4 * 3)
      return false;
    most_ = held;
    return true;
  }

private:
  std::uint64_t most_ = 0; ///< Since it was last noticed.
};

} // namespace troupe
