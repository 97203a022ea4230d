#include "storage/log_users.hpp"

#include <sys/file.h>
#include <thread>

namespace troupe::storage {

namespace {

constexpr std::chrono::milliseconds try_every{10};

} // namespace

log_users::company log_users::join(std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    if (file_.take(LOCK_EX | LOCK_NB))
      return company::alone;
    if (file_.take(LOCK_SH | LOCK_NB))
      return company::with_others;
    if (std::chrono::steady_clock::now() >= deadline)
      return company::unsure;
    std::this_thread::sleep_for(try_every);
  }
}

void log_users::share() { file_.take(LOCK_SH); }

} // namespace troupe::storage
