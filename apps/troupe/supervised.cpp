#include "apps/troupe/supervised.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

/// After fork: only calls that are safe there.
[[noreturn]] void cannot_execute(const std::string& path, int why) {
  const char* reason = ::strerrordesc_np(why);
  const std::array<std::string_view, 5> parts = {"cannot execute ", path, ": ", reason ? reason : "unknown error",
                                                 "\n"};
  for (const auto part : parts)
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, part.data(), part.size());
  ::_exit(127);
}

} // namespace

supervised::supervised(std::string name, std::vector<std::string> command, say out)
  : name_(std::move(name)), command_(std::move(command)), out_(std::move(out)) {
  if (const int why = start(); why != 0)
    throw std::system_error(why, std::generic_category(), "cannot start " + command_.front());
}

supervised::~supervised() {
  if (signal(SIGKILL))
    ::waitpid(pid_, nullptr, 0);
  if (output_ >= 0)
    ::close(output_);
}

int supervised::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  std::vector<char*> arguments;
  for (auto& argument : command_)
    arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent)
      ::_exit(1);
    // A group of its own: Ctrl-C reaches this process only, which then ends its children in order.
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    cannot_execute(command_.front(), errno);
  }
  const int why = errno;
  ::close(ends[1]);
  if (pid_ < 0) {
    ::close(ends[0]);
    return why;
  }
  output_ = ends[0];
  ::fcntl(output_, F_SETFL, O_NONBLOCK);
  started_ = clock::now();
  return 0;
}

void supervised::read() {
  char bytes[4096];
  for (ssize_t n; (n = ::read(output_, bytes, sizeof bytes)) > 0;)
    for (ssize_t i = 0; i < n; ++i) {
      if (bytes[i] != '\n')
        line_.push_back(bytes[i]);
      if (bytes[i] == '\n' || line_.size() == line_bytes_max)
        give_out_line();
    }
}

void supervised::give_out_line() {
  last_line_ = std::exchange(line_, {});
  out_(name_, last_line_);
}

void supervised::look(clock::time_point now) {
  if (pid_ > 0) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
      ended(status);
  } else if (!stopping_ && now >= start_at_) {
    ++restarts_;
    if (const int why = start(); why != 0)
      start_later(fmt::format("cannot be started: {}", ::strerror(why)));
  }
}

void supervised::ended(int status) {
  read();
  if (!line_.empty())
    give_out_line();
  ::close(std::exchange(output_, -1));
  pid_ = -1;
  const auto how = WIFSIGNALED(status)
                     ? fmt::format("ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)))
                     : fmt::format("ended with code {}", WEXITSTATUS(status));
  if (stopping_)
    return out_(name_, how);
  if (clock::now() - started_ >= settled_ms) {
    wait_ = restart_ms;
    quick_ends_ = 0;
  }
  start_later(how);
}

void supervised::start_later(const std::string& why) {
  ++quick_ends_;
  start_at_ = clock::now() + wait_;
  out_(name_, fmt::format("{}; it is started again in {:.1f} s", why, static_cast<double>(wait_.count()) / 1e3));
  wait_ = std::min(wait_ * 2, restart_ms_max);
}

bool supervised::signal(int number) const { return pid_ > 0 && ::kill(pid_, number) == 0; }

void supervised::stop(int number) {
  stopping_ = true;
  signal(number);
}

} // namespace troupe
