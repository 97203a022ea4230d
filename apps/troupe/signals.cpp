#include "apps/troupe/signals.hpp"

#include <initializer_list>
#include <pthread.h>
#include <string_view>
#include <unistd.h>

namespace troupe {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const auto signal : signals)
    sigaddset(&set, signal);
  return set;
}

std::chrono::steady_clock::time_point heard_at; ///< Set before the handler is.

void end_at_once(int) {
  if (std::chrono::steady_clock::now() < heard_at + same_signal_ms)
    return;
  constexpr std::string_view why = "troupe: ended at once, by a second signal\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, why.data(), why.size());
  ::_exit(1);
}

} // namespace

sigset_t hold_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  const auto held = set_of({SIGINT, SIGTERM, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
  return held;
}

void end_at_next_signal() {
  heard_at = std::chrono::steady_clock::now();
  ::signal(SIGINT, end_at_once);
  ::signal(SIGTERM, end_at_once);
  const auto let_through = set_of({SIGINT, SIGTERM});
  pthread_sigmask(SIG_UNBLOCK, &let_through, nullptr);
}

} // namespace troupe
