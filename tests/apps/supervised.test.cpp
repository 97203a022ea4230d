#include "apps/troupe/supervised.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A shell command that is kept running, and all that is heard of it.
struct kept_shell {
  explicit kept_shell(std::string script, std::string shell = "/bin/sh")
    : child("child", {std::move(shell), "-c", std::move(script)},
            [this](const std::string&, const std::string& line) { lines.push_back(line); }) {}

  /// Looks after it until `done`; false when that does not come.
  bool until(const std::function<bool()>& done) {
    for (const auto end = supervised::clock::now() + 30s; supervised::clock::now() < end;) {
      if (done())
        return true;
      if (child.running())
        child.read();
      child.look(supervised::clock::now());
      std::this_thread::sleep_for(2ms);
    }
    return false;
  }
  bool says(const std::string& text) {
    return until([&] {
      return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.find(text) != line.npos; });
    });
  }

  std::vector<std::string> lines;
  supervised child;
};

/// While it lives, this process can open nothing more. Asserting waits until it is gone: the sanitizers need
/// descriptors themselves, to look at an object.
class no_descriptors {
public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

private:
  rlimit before_{};
};

} // namespace

SCENARIO("a signal reaches the child or nobody") {
  GIVEN("a child that runs") {
    kept_shell one{"echo here; exec sleep 1000"};
    REQUIRE(one.says("here"));
    THEN("it is ended by the signal") {
      REQUIRE(one.child.signal(SIGUSR1));
      REQUIRE(one.says("ended by signal 10"));
    }
  }
  GIVEN("a child that has ended and waits for its next start") {
    kept_shell one{"exit 3"};
    REQUIRE(one.says("ended with code 3"));
    THEN("there is nothing to signal, and nobody else is hit") {
      REQUIRE_FALSE(one.child.running());
      REQUIRE_FALSE(one.child.signal(0));
    }
  }
}

SCENARIO("what the system lacks for a moment does not end the supervision") {
  GIVEN("a child that has ended") {
    kept_shell one{"exit 3"};
    REQUIRE(one.says("ended with code 3"));
    WHEN("its next start fails for want of descriptors") {
      bool said = false;
      {
        const no_descriptors now;
        said = one.says("cannot be started: Too many open files");
      }
      REQUIRE(said);
      REQUIRE_FALSE(one.child.running());
      one.lines.clear();
      THEN("it is started when there are some again") { REQUIRE(one.says("ended with code 3")); }
    }
  }
  GIVEN("nothing to start with") {
    bool said = false;
    try {
      const no_descriptors now;
      const kept_shell one{"exit 0"};
    } catch (const std::system_error& why) {
      said = why.code() == std::errc::too_many_files_open;
    }
    THEN("the first start says so") { REQUIRE(said); }
  }
}

SCENARIO("what a child says is given out as it was said") {
  GIVEN("a child that ends in the middle of a line") {
    kept_shell one{"printf 'one\\nhalf'"};
    WHEN("it has run twice") {
      REQUIRE(one.until([&] { return one.child.restarts() == 1 && !one.child.running(); }));
      THEN("the half line is neither lost nor glued to what its successor says") {
        const std::vector<std::string> told{"one", "half", "ended with code 0; it is started again in 0.2 s",
                                            "one", "half", "ended with code 0; it is started again in 0.4 s"};
        REQUIRE(one.lines == told);
      }
    }
  }
  GIVEN("a child that never ends its line") {
    kept_shell one{"head -c 20000 /dev/zero | tr '\\0' x"};
    REQUIRE(one.says("ended with code 0"));
    THEN("it comes in pieces, and all of it") {
      REQUIRE(one.lines.size() == 4);
      REQUIRE(one.lines[0] == std::string(supervised::line_bytes_max, 'x'));
      REQUIRE(one.lines[1] == one.lines[0]);
      REQUIRE(one.lines[2] == std::string(20'000 - 2 * supervised::line_bytes_max, 'x'));
    }
  }
}

SCENARIO("a program that cannot be executed is named") {
  kept_shell one{"exit 0", "/no/such/shell"};
  REQUIRE(one.says("ended with code 127"));
  REQUIRE(one.lines.front() == "cannot execute /no/such/shell: No such file or directory");
}
