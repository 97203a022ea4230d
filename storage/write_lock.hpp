// storage/write_lock.hpp
//
// The queue of those who write one log.
#pragma once

#include <string>

namespace troupe::storage {

/// A lock file that every writer of a log holds from BEGIN to COMMIT, because waiters on
/// `flock` are woken in turn while SQLite's own busy wait sleeps and starves.
///
/// The descriptor is close-on-exec: a child must not keep a lock that its parent took.
/// Threading: one thread at a time.
class write_lock {
public:
  /// Opens or creates the file; throws std::system_error.
  explicit write_lock(const std::string& path);
  write_lock(const write_lock&) = delete;
  write_lock& operator=(const write_lock&) = delete;
  ~write_lock();

  class guard {
  public:
    explicit guard(write_lock& of);
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard();

  private:
    write_lock& of_;
  };

private:
  int descriptor_;
};

} // namespace troupe::storage
