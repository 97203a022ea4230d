#include "storage/write_lock.hpp"

#include <sys/file.h>
#include <thread>

namespace troupe::storage {

namespace {

/// Much shorter than a commit, so that the moment between two of them is met.
constexpr std::chrono::microseconds try_every{200};

} // namespace

write_lock::guard::guard(write_lock& of) : file_(of.file_), held_(file_.take(LOCK_EX)) {}

write_lock::guard::guard(write_lock& of, std::chrono::milliseconds at_most) : file_(of.file_) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!(held_ = file_.take(LOCK_EX | LOCK_NB)) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(try_every);
}

write_lock::guard::~guard() {
  if (held_)
    file_.give_back();
}

} // namespace troupe::storage
