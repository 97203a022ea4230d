// storage/log_users.hpp
//
// Who has a log open.
#pragma once

#include "storage/lock_file.hpp"

#include <chrono>

namespace troupe::storage {

/// A lock file that every process holds shared while it has the log open, and exclusively
/// while it is the only one and brings the log into order. Nobody who has the log open waits
/// for it, so a stopped process holds up nobody who runs.
///
/// Threading: one thread at a time.
/// Errors:    std::system_error.
class log_users {
public:
  enum class company { alone, with_others, unsure };

  /// Opens or creates the file.
  explicit log_users(const std::string& path) : file_(path) {}

  /// Becomes a user. `alone`: nobody else is one, nor becomes one before `share` is called.
  /// `unsure`: not joined, because somebody else was alone all the time.
  company join(std::chrono::milliseconds wait);

  /// Lets others in.
  void share();

private:
  lock_file file_;
};

} // namespace troupe::storage
