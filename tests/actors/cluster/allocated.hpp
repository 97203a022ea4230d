// tests/actors/cluster/allocated.hpp
#pragma once

#include <cstddef>

namespace troupe::testing {

/// Bytes asked of `operator new` by this thread since it began, and the most at once.
struct allocated {
  std::size_t total = 0;
  std::size_t largest = 0;
};

/// Counts anew.
void forget_allocations() noexcept;
allocated allocations() noexcept;

} // namespace troupe::testing
