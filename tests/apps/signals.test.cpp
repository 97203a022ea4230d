#include "apps/troupe/signals.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;

SCENARIO("a process that was asked to end ends at once when it is asked again") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::alarm(60);
    hold_signals();
    end_at_next_signal();
    for (;;) { // Soon after the first it is the same signal.
      ::usleep(10'000);
      ::raise(SIGTERM);
    }
  }
  ::close(ends[1]);
  std::string said(256, '\0');
  const auto read = ::read(ends[0], said.data(), said.size());
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 1);
  REQUIRE(read > 0);
  said.resize(static_cast<std::size_t>(read));
  REQUIRE(said == "troupe: ended at once, by a second signal\n");
}
