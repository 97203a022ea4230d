// actors/middleware/thread_watch.hpp
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::actors {

/// Says which step an I/O thread is in. A step that spins cannot be stopped, but it can be named.
///
/// Threading: written by its I/O thread, read by whoever watches; two relaxed stores a step.
class thread_watch {
public:
  /// `step` lives as long as the process.
  void enter(const std::string& step) noexcept {
    entries_.store(entries_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    inside_.store(&step, std::memory_order_release);
  }
  void leave() noexcept { inside_.store(nullptr, std::memory_order_release); }

  struct sight {
    const std::string* step = nullptr; ///< Null: it is in none.
    std::uint64_t entries = 0;
    bool operator==(const sight&) const = default;
  };
  sight look() const noexcept {
    const auto* step = inside_.load(std::memory_order_acquire);
    return {step, entries_.load(std::memory_order_relaxed)};
  }

private:
  std::atomic<const std::string*> inside_{nullptr};
  std::atomic<std::uint64_t> entries_{0};
};

} // namespace troupe::actors
