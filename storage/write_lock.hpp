// storage/write_lock.hpp
//
// The queue of those who write one database.
#pragma once

#include "storage/lock_file.hpp"

#include <chrono>

namespace troupe::storage {

/// A lock file that every writer of a database holds from BEGIN to COMMIT, because waiters
/// on `flock` are woken in turn while SQLite's own busy wait sleeps and starves.
///
/// Threading: one thread at a time.
/// Errors:    std::system_error.
class write_lock {
public:
  /// Opens or creates the file.
  explicit write_lock(const std::string& path) : file_(path) {}

  class guard {
  public:
    /// Waits as long as it takes.
    explicit guard(write_lock& of);
    /// Waits for a bounded time, for those who have other duties while a stopped process
    /// holds the lock: see `held`.
    guard(write_lock& of, std::chrono::milliseconds at_most);
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard();

    bool held() const noexcept { return held_; }

  private:
    lock_file& file_;
    bool held_ = false;
  };

private:
  lock_file file_;
};

} // namespace troupe::storage
