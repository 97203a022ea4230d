#include "tests/actors/cluster/allocated.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace troupe::testing {

namespace {
thread_local allocated counted;
}

void forget_allocations() noexcept { counted = {}; }
allocated allocations() noexcept { return counted; }

} // namespace troupe::testing

void* operator new(std::size_t bytes) {
  auto& counted = troupe::testing::counted;
  counted.total += bytes;
  counted.largest = std::max(counted.largest, bytes);
  if (void* memory = std::malloc(bytes != 0 ? bytes : 1))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
