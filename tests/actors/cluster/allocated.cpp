#include "tests/actors/cluster/allocated.hpp"

#include <cstdlib>
#include <new>

namespace troupe::testing {

namespace {
thread_local std::size_t counted = 0;
}

void forget_allocations() noexcept { counted = 0; }
std::size_t allocated_bytes() noexcept { return counted; }

} // namespace troupe::testing

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  troupe::testing::counted += bytes;
  return std::malloc(bytes != 0 ? bytes : 1);
}
void* operator new(std::size_t bytes) {
  if (void* memory = operator new(bytes, std::nothrow))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
