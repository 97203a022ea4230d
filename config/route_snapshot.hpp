// config/route_snapshot.hpp
//
// A table that is replaced as a whole while others read it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe::config {

/// Holds what is valid now. Every reading thread has a `reader` of its own, which keeps the last table it saw: reading
/// is one load of a counter that is almost never written, so its line stays shared between all cores. Only the first
/// read after a `replace` takes the lock, to fetch the new table.
///
/// Threading: `replace` and making readers from anywhere; a reader belongs to one thread.
/// Lifetime:  an old table lives until every reader has read again, or is gone.
template <class Table>
class route_snapshot {
public:
  explicit route_snapshot(std::shared_ptr<const Table> first) : current_{std::move(first)} {}

  /// What is read from now on. A reader that runs at the same time sees the old or the new table, whole.
  void replace(std::shared_ptr<const Table> next) {
    std::lock_guard guard{mutex_}; // Given back before `next`, which then holds the old one, is.
    std::swap(current_, next);
    version_.fetch_add(1, std::memory_order_release);
  }

  class reader {
  public:
    explicit reader(const route_snapshot& of) : of_{of} { refresh(); }

    /// Valid until the next call.
    const Table& get() {
      if (of_.version_.load(std::memory_order_acquire) != seen_)
        refresh();
      return *table_;
    }

  private:
    void refresh() {
      std::lock_guard guard{of_.mutex_};
      seen_ = of_.version_.load(std::memory_order_relaxed);
      table_ = of_.current_;
    }

    const route_snapshot& of_;
    std::uint64_t seen_ = 0;
    std::shared_ptr<const Table> table_;
  };

private:
  // Not std::atomic<std::shared_ptr>: in libstdc++ 12 its load and store race.
  mutable std::mutex mutex_;
  std::shared_ptr<const Table> current_;
  std::atomic<std::uint64_t> version_ = 0;
};

} // namespace troupe::config
