// apps/troupe/supervised.hpp
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

/// A child process that is kept running: when it ends it is started again, the sooner the
/// longer it had run. What it prints is given out line by line.
///
/// Threading: one thread.
/// Lifetime:  the kernel ends the child when this process dies.
/// Errors:    what hinders the first start is thrown as std::system_error; a later start that fails is
///            told like an end, and tried again like one.
class supervised {
public:
  using clock = std::chrono::steady_clock;
  using say = std::function<void(const std::string& name, const std::string& line)>;

  static constexpr std::chrono::milliseconds restart_ms{200};
  static constexpr std::chrono::milliseconds restart_ms_max{5'000};
  /// Who ran this long starts again at the shortest delay.
  static constexpr std::chrono::milliseconds settled_ms{10'000};
  /// A longer line is given out in pieces.
  static constexpr std::size_t line_bytes_max = 8'192;

  supervised(std::string name, std::vector<std::string> command, say out);
  ~supervised();
  supervised(const supervised&) = delete;
  supervised& operator=(const supervised&) = delete;

  const std::string& name() const noexcept { return name_; }
  bool running() const noexcept { return pid_ > 0; }
  int output() const noexcept { return output_; } ///< −1 while it does not run.
  std::uint32_t restarts() const noexcept { return restarts_; }
  /// How often in a row it has ended, or could not be started, before it had settled.
  std::uint32_t quick_ends() const noexcept { return quick_ends_; }
  /// What it printed last, of all its lives.
  const std::string& last_line() const noexcept { return last_line_; }

  /// Reads what is there; call when `output` is readable.
  void read();
  /// Notices its end and starts it when it is due; call now and then.
  void look(clock::time_point now);
  /// False, and nothing done, when there is no process: one that waits for its start has none.
  bool signal(int number) const;
  /// Asks it to end and starts it no more.
  void stop(int number);

private:
  /// 0, or the errno of what hindered it.
  int start();
  void give_out_line();
  void ended(int status);
  void start_later(const std::string& why);

  std::string name_;
  std::vector<std::string> command_;
  say out_;
  pid_t pid_ = -1;
  int output_ = -1;
  std::string line_;
  std::string last_line_;
  bool stopping_ = false;
  std::uint32_t restarts_ = 0;
  std::uint32_t quick_ends_ = 0;
  std::chrono::milliseconds wait_{restart_ms};
  clock::time_point started_;
  clock::time_point start_at_;
};

} // namespace troupe
