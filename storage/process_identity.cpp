#include "storage/process_identity.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

namespace troupe::storage {

namespace {

struct process_status {
  pid_t pid = 0;
  char state = '?';
  long threads = 0;
  std::uint64_t started_ticks = 0;

  /// A leader that has ended while other threads run is a zombie too.
  bool ended() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

struct looked_up {
  std::optional<process_status> status;
  bool absent = false; ///< There is surely no such process; else it could not be looked up.
};

/// Reads /proc/PID/stat; `pid` may be "self".
looked_up look_up(const std::string& pid) {
  const int descriptor = ::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return {{}, errno == ENOENT};
  char text[1'024];
  const auto got = ::read(descriptor, text, sizeof text);
  const bool absent = got < 0 && errno == ESRCH;
  ::close(descriptor);
  if (got <= 0)
    return {{}, absent};
  const std::string_view line{text, static_cast<std::size_t>(got)};
  // The second field is the program's name, in parentheses, and may hold anything.
  const auto name_end = line.rfind(')');
  if (name_end == line.npos)
    return {};
  process_status status;
  std::istringstream{std::string{line}} >> status.pid;
  std::istringstream rest{std::string{line.substr(name_end + 1)}};
  std::string skipped;
  rest >> status.state; // the 3rd
  for (int field = 4; field < 20; ++field)
    rest >> skipped;
  rest >> status.threads >> skipped >> status.started_ticks; // the 20th and the 22nd
  if (!rest)
    return {};
  return {status, false};
}

/// Closes itself.
struct pidfd {
  int descriptor;
  explicit pidfd(pid_t of) : descriptor(::pidfd_open(of, 0)) {}
  pidfd(const pidfd&) = delete;
  ~pidfd() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
};

/// Until the process has ended; a signal does not cut the wait short.
bool wait_for_end(const pidfd& of, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{of.descriptor, POLLIN, 0};
    const auto ready = ::poll(&entry, 1, std::max(static_cast<int>(left.count()), 0));
    if (ready > 0)
      return (entry.revents & POLLIN) != 0;
    if (ready == 0 || errno != EINTR)
      return false;
  }
}

} // namespace

std::optional<process_identity> this_process() {
  process_identity self;
  self.pid = ::getpid();
  self.uid = ::geteuid();
  const auto status = look_up("self").status;
  struct stat names {};
  std::ifstream boot{"/proc/sys/kernel/random/boot_id"};
  if (!status || status->pid != self.pid || ::stat("/proc/self/ns/pid", &names) != 0 || !(boot >> self.boot))
    return {};
  self.started_ticks = status->started_ticks;
  self.pid_namespace = names.st_ino;
  return self;
}

fate fate_of(const process_identity& whom, const process_identity& here) {
  if (whom.boot != here.boot)
    return fate::gone;
  if (whom.pid_namespace != here.pid_namespace)
    return fate::unknown;
  const auto [status, absent] = look_up(std::to_string(whom.pid));
  if (!status)
    return absent ? fate::gone : fate::unknown;
  return status->started_ticks != whom.started_ticks || status->ended() ? fate::gone : fate::lives;
}

bool signal_process(const process_identity& whom, const process_identity& here, int signal) {
  if (whom.pid == here.pid)
    return false;
  const pidfd process{whom.pid};
  // Looked at after it was opened: whoever had the pid then is the one who gets the signal.
  return process.descriptor >= 0 && fate_of(whom, here) == fate::lives &&
         ::pidfd_send_signal(process.descriptor, signal, nullptr, 0) == 0;
}

bool end_for_sure(const process_identity& whom, const process_identity& here, std::chrono::milliseconds wait) {
  if (const auto known = fate_of(whom, here); known != fate::lives)
    return known == fate::gone;
  if (whom.pid == here.pid)
    return false;
  const pidfd process{whom.pid};
  // Looked at once more: whoever had the pid when it was opened is the one who gets the signal.
  if (const auto known = fate_of(whom, here); known != fate::lives || process.descriptor < 0)
    return known == fate::gone;
  if (::pidfd_send_signal(process.descriptor, SIGKILL, nullptr, 0) != 0)
    return errno == ESRCH;
  return wait_for_end(process, wait);
}

} // namespace troupe::storage
