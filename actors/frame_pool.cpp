#include "actors/frame_pool.hpp"

#include <bit>
#include <cstdlib>
#include <new>

namespace troupe::actors {

namespace {

/// Outlives the pool's destructor on its thread, so that a late release finds out.
thread_local bool pool_ended = false;

struct pool_of_thread {
  frame_pool pool;
  ~pool_of_thread() { pool_ended = true; }
};

} // namespace

frame_pool* frame_pool::of_this_thread() noexcept {
  if (pool_ended)
    return nullptr;
  thread_local pool_of_thread mine;
  return &mine.pool;
}

frame_pool::~frame_pool() {
  for (auto& list : free_)
    for (auto* memory : list)
      std::free(memory);
}

/// `classes` when it is above the largest.
std::size_t frame_pool::class_of(std::size_t bytes) noexcept {
  const auto rounded = std::bit_ceil(bytes < smallest ? smallest : bytes);
  const auto index = static_cast<std::size_t>(std::countr_zero(rounded) - std::countr_zero(smallest));
  return index < classes ? index : classes;
}

void* frame_pool::take(std::size_t bytes) {
  const auto of = class_of(bytes);
  if (of < classes && !free_[of].empty()) {
    auto* memory = free_[of].back();
    free_[of].pop_back();
    kept_ -= smallest << of;
    return memory;
  }
  auto* memory = std::malloc(of < classes ? smallest << of : bytes);
  if (!memory)
    throw std::bad_alloc{};
  return memory;
}

void frame_pool::give(void* memory, std::size_t bytes) noexcept {
  const auto of = class_of(bytes);
  if (of == classes || kept_ + (smallest << of) > bytes_max)
    return std::free(memory);
  try {
    free_[of].push_back(memory);
    kept_ += smallest << of;
  } catch (...) {
    std::free(memory);
  }
}

} // namespace troupe::actors
