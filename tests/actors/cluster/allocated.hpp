// tests/actors/cluster/allocated.hpp
#pragma once

#include <cstddef>

namespace troupe::testing {

/// Starts to count anew what this thread asks of `operator new`.
void forget_allocations() noexcept;

/// Bytes asked for since then, given back or not.
std::size_t allocated_bytes() noexcept;

} // namespace troupe::testing
