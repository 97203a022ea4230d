// storage/lock_file.hpp
//
// A file that is there to be locked.
#pragma once

#include <string>

namespace troupe::storage {

/// A `flock`: the kernel gives it back when the process ends, however it ends. The descriptor
/// is close-on-exec, because a child must not keep a lock that its parent took.
///
/// Threading: one thread at a time; two owners in one process exclude each other too.
/// Errors:    std::system_error.
class lock_file {
public:
  /// Opens or creates the file.
  explicit lock_file(const std::string& path);
  lock_file(const lock_file&) = delete;
  lock_file& operator=(const lock_file&) = delete;
  ~lock_file();

  /// `how` is flock's. False when it would have to wait and LOCK_NB says not to.
  bool take(int how);
  void give_back() noexcept;

private:
  int descriptor_;
};

} // namespace troupe::storage
