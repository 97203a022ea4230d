// transport/buffer_pool.hpp
//
// Memory for messages that come in pieces. An idle connection holds none.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace troupe::transport {

/// Buffers of a few sizes, kept for reuse up to a bound.
///
/// Overload:  the bound counts buffers in use and buffers kept; past it `acquire` gives nothing.
/// Threading: one thread.
/// Lifetime:  buffers must not outlive their pool.
class buffer_pool {
public:
  static constexpr std::array<std::size_t, 4> sizes = {2 * 1024, 8 * 1024, 32 * 1024, 64 * 1024};

  /// A buffer on loan; goes back when destroyed.
  class buffer {
  public:
    buffer() = default;
    buffer(buffer&& other) noexcept
      : pool_{std::exchange(other.pool_, nullptr)}, memory_{std::move(other.memory_)}, size_class_{other.size_class_} {}
    buffer& operator=(buffer&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(memory_, other.memory_);
      std::swap(size_class_, other.size_class_);
      return *this;
    }
    ~buffer() { reset(); }

    char* data() const noexcept { return memory_.get(); }
    std::size_t size() const noexcept { return memory_ ? sizes[size_class_] : 0; }
    explicit operator bool() const noexcept { return memory_ != nullptr; }
    void reset() noexcept;

  private:
    friend class buffer_pool;
    buffer_pool* pool_ = nullptr;
    std::unique_ptr<char[]> memory_;
    std::size_t size_class_ = 0;
  };

  explicit buffer_pool(std::size_t bytes_max) noexcept : bytes_max_{bytes_max} {}
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  /// A buffer of at least `bytes`, or nothing when that is more than the largest size or than the bound leaves.
  std::optional<buffer> acquire(std::size_t bytes);

  std::size_t bytes_in_use() const noexcept { return in_use_; }
  std::size_t bytes_kept() const noexcept { return kept_; }

private:
  void give_back(std::unique_ptr<char[]> memory, std::size_t size_class) noexcept;
  bool make_room(std::size_t bytes) noexcept;

  std::size_t bytes_max_;
  std::size_t in_use_ = 0;
  std::size_t kept_ = 0;
  std::array<std::vector<std::unique_ptr<char[]>>, sizes.size()> free_;
};

} // namespace troupe::transport
