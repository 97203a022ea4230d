// apps/troupe/bench/process_sample.hpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::bench {

/// Memory of a process that nobody else shares, by where it lies. Kilobytes.
struct private_memory {
  std::int64_t heap_kb = 0;      ///< [heap]
  std::int64_t anonymous_kb = 0; ///< Arenas, large allocations, thread stacks.
  std::int64_t files_kb = 0;     ///< Written pages of the program, libraries and mapped files.
  std::int64_t stack_kb = 0;     ///< Of the first thread.
  std::int64_t total_kb() const noexcept { return heap_kb + anonymous_kb + files_kb + stack_kb; }
  private_memory operator+(const private_memory& other) const noexcept {
    return {heap_kb + other.heap_kb, anonymous_kb + other.anonymous_kb, files_kb + other.files_kb,
            stack_kb + other.stack_kb};
  }
};

/// What the kernel says of a process at one moment.
struct process_sample {
  double user_s = 0; ///< CPU, all threads, dead ones too. In ticks of 10 ms.
  double system_s = 0;
  std::int64_t rss_kb = 0;
  std::int64_t rss_peak_kb = 0; ///< VmHWM: since the process started.
  std::int64_t threads = 0;
  std::int64_t writes = 0; ///< write() and writev() calls; send() and sendmsg() are not among them.

  double cpu_s() const noexcept { return user_s + system_s; }
  process_sample operator+(const process_sample& other) const noexcept {
    return {user_s + other.user_s,           system_s + other.system_s, rss_kb + other.rss_kb,
            rss_peak_kb + other.rss_peak_kb, threads + other.threads,   writes + other.writes};
  }
};

/// Reads /proc/PID/{stat,status,io}; nothing when there is no such process.
std::optional<process_sample> sample_process(int pid);

/// Adds up Private_Dirty of /proc/PID/smaps. Slow (tens of ms): not while figures are taken.
private_memory sample_memory(int pid);

/// CPU seconds all cores of this machine have worked, for anybody.
double machine_cpu_s();

/// Pages the kernel holds for all TCP sockets of this machine, in kilobytes.
std::int64_t kernel_socket_kb();

/// Adds up every series of one counter in a Prometheus text, of which `name` is the name or
/// its last words; nothing when there is none.
std::optional<double> sum_of_metric(const std::string& text, std::string_view name);

} // namespace troupe::bench
