// tests/support/process.hpp
//
// The real binary as a child process, and the node that it runs.
#pragma once

#include "client/endpoint.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace troupe::tests {

using namespace std::chrono_literals;

/// A directory that is gone with its owner.
class temporary_directory {
public:
  explicit temporary_directory(const std::string& name = "troupe");
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

/// A child process whose output is kept.
///
/// Threading: one thread uses it; another of its own reads the output.
/// Lifetime:  the destructor kills what still runs, and the kernel does when the test dies.
class process {
public:
  struct options {
    std::vector<std::string> command;
    std::map<std::string, std::string> environment; ///< Added to that of the test.
    std::string input;                              ///< Written to its standard input, which is then closed.
    bool keep_input_open = false;                   ///< `write` goes on with it.
    std::optional<rlim_t> descriptors_max;          ///< RLIMIT_NOFILE.
  };

  explicit process(options how);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t id() const { return pid_; }
  bool running();
  void signal(int number);
  /// Waits for the end: the exit code, or 128 + the signal. Nothing when it still runs after `within`.
  std::optional<int> wait(std::chrono::milliseconds within = 60s);
  void write(const std::string& text);
  void close_input();

  /// Standard output and error so far.
  std::string output() const;
  /// Waits until the output contains `text`; false when it does not come.
  bool says(const std::string& text, std::chrono::milliseconds within = 30s) const;

private:
  void read_output();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::optional<int> ended_;
  mutable std::mutex mutex_;
  std::string text_;
  std::thread reader_;
};

/// `troupe serve` on a free port of the loopback.
class node {
public:
  struct options {
    std::string binary;         ///< Empty = the shipped one.
    std::filesystem::path data; ///< Empty = a directory of its own.
    std::string name;           ///< Empty = the default; nodes that share a directory need one each.
    std::string durability = "disk";
    unsigned io_threads = 2;
    std::string auth = "open"; ///< `auth.mode`.
    std::string config;        ///< TOML; empty = none.
    std::map<std::string, std::string> environment;
    std::optional<rlim_t> descriptors_max;
  };

  /// Does not start it yet.
  explicit node(options how);
  /// Starts it and waits until it is ready.
  static node started(options how);
  node() : node{options{}} {}
  ~node();
  node(node&&) = default;

  /// On the same port and the same data as before. Throws std::runtime_error with the output when it does not get ready.
  void start();
  /// Starts without waiting.
  void launch();
  /// Waits until `/readyz` answers 200; false when the process ended or the time is over.
  bool becomes_ready(std::chrono::milliseconds within = 60s);
  /// kill -9, and waits for the end.
  void kill();
  /// SIGTERM, and waits for the exit code.
  std::optional<int> stop(std::chrono::milliseconds within = 60s);
  void freeze();
  void thaw();
  bool running() { return child_ && child_->running(); }

  client::endpoint where() const { return {"127.0.0.1", std::to_string(port_)}; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }
  unsigned short port() const { return port_; }
  pid_t pid() const { return child_ ? child_->id() : -1; }
  const std::filesystem::path& data() const { return how_.data; }
  /// Of all its lives.
  std::string output() const { return earlier_output_ + (child_ ? child_->output() : std::string{}); }
  process& child() { return *child_; }
  options& how() { return how_; } ///< For the next start.

private:
  options how_;
  std::unique_ptr<temporary_directory> own_;
  unsigned short port_ = 0;
  std::unique_ptr<process> child_;
  std::string earlier_output_;
};

/// The binaries under test; CMake tells where they are, the environment variables TROUPE_BINARY and
/// TROUPE_FAULTY_BINARY name others.
std::string shipped_binary();
std::string faulty_binary();

/// A port that nobody listens on now; the first of `count` such ports in a row.
unsigned short free_port(unsigned short count = 1);

/// A figure from /proc/PID/smaps_rollup, in KiB.
std::size_t private_dirty_kib(pid_t pid);

} // namespace troupe::tests
