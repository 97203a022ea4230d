// storage/write_lock.hpp
//
// The queue of those who write one database.
#pragma once

#include "storage/lock_file.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace troupe::storage {

/// A lock file that every writer of a database holds from BEGIN to COMMIT, because waiters
/// on `flock` are woken in turn while SQLite's own busy wait sleeps and starves.
///
/// Fairness:  whoever gave the lock back and wants it again at once steps back for a moment when somebody else has had it within
///            the last second: who is woken needs a moment to take it.
/// Threading: one thread at a time. Who waits for a bounded time stands in the queue by a thread of its own, which the first
///            such wait starts: who only tried now and then would starve beside those who stand in it.
/// Errors:    std::system_error.
class write_lock {
public:
  /// Opens or creates the file.
  explicit write_lock(const std::string& path) : path_(path), file_(path) {}
  write_lock(const write_lock&) = delete;
  write_lock& operator=(const write_lock&) = delete;
  ~write_lock();

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
    write_lock& of_;
    bool held_ = false;
    bool by_deputy_ = false;
  };

private:
  using clock = std::chrono::steady_clock;
  class deputy;

  void step_back() const;

  std::string path_;
  lock_file file_;
  clock::time_point given_back_{};   ///< By this one, and …
  clock::time_point others_until_{}; ///< … until then somebody else is thought to want it too.
  std::shared_ptr<deputy> deputy_;   ///< Stands in the queue; shared with its thread, which may not come back in time.
};

} // namespace troupe::storage
