#include "transport/buffer_pool.hpp"

#include <algorithm>
#include <new>

namespace troupe::transport {

std::optional<buffer_pool::buffer> buffer_pool::acquire(std::size_t bytes) {
  const auto fitting = std::find_if(sizes.begin(), sizes.end(), [&](std::size_t size) { return size >= bytes; });
  if (fitting == sizes.end())
    return std::nullopt;
  buffer result;
  result.size_class_ = static_cast<std::size_t>(fitting - sizes.begin());
  if (auto& kept = free_[result.size_class_]; !kept.empty()) {
    result.memory_ = std::move(kept.back());
    kept.pop_back();
    kept_ -= *fitting;
  } else {
    if (!make_room(*fitting))
      return std::nullopt;
    result.memory_ = std::make_unique_for_overwrite<char[]>(*fitting);
  }
  result.pool_ = this;
  in_use_ += *fitting;
  return result;
}

bool buffer_pool::make_room(std::size_t bytes) noexcept {
  // Kept buffers of other sizes are given up first; the largest free most.
  for (auto size_class = sizes.size(); size_class-- > 0;) {
    auto& kept = free_[size_class];
    while (in_use_ + kept_ + bytes > bytes_max_ && !kept.empty()) {
      kept.pop_back();
      kept_ -= sizes[size_class];
    }
  }
  return in_use_ + kept_ + bytes <= bytes_max_;
}

void buffer_pool::give_back(std::unique_ptr<char[]> memory, std::size_t size_class) noexcept {
  in_use_ -= sizes[size_class];
  try {
    free_[size_class].push_back(std::move(memory));
    kept_ += sizes[size_class];
  } catch (const std::bad_alloc&) {
    // Without space for the list the buffer itself is freed, which is what helps then.
  }
}

void buffer_pool::buffer::reset() noexcept {
  if (memory_)
    pool_->give_back(std::move(memory_), size_class_);
  pool_ = nullptr;
}

} // namespace troupe::transport
