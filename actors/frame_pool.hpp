// actors/frame_pool.hpp
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace troupe::actors {

/// Memory of frames that were sent, kept for the next ones: one pool a thread, in classes of
/// sizes that double.
///
/// Threading: a pool belongs to one thread; a frame that is released on another thread goes
///            to that thread's pool.
/// Limits:    `bytes_max` a thread; what does not fit is given back to the system. Frames
///            above the largest class are never kept.
class frame_pool {
public:
  static constexpr std::size_t smallest = 128;
  static constexpr std::size_t classes = 6; ///< 128 … 4,096 bytes
  static constexpr std::size_t bytes_max = 1024 * 1024;

  frame_pool() = default;
  ~frame_pool();
  frame_pool(const frame_pool&) = delete;
  frame_pool& operator=(const frame_pool&) = delete;

  /// The pool of this thread; null while the thread ends.
  static frame_pool* of_this_thread() noexcept;

  /// At least `bytes`. Throws std::bad_alloc.
  void* take(std::size_t bytes);
  /// What `take(bytes)` gave, of any pool.
  void give(void* memory, std::size_t bytes) noexcept;

  std::size_t kept_bytes() const noexcept { return kept_; }

private:
  static std::size_t class_of(std::size_t bytes) noexcept;

  std::array<std::vector<void*>, classes> free_;
  std::size_t kept_ = 0;
};

} // namespace troupe::actors
