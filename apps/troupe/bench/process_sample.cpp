#include "apps/troupe/bench/process_sample.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace troupe::bench {

namespace {

std::string proc_path(int pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

/// `line` is "Key:   123 kB" or "key: 123".
bool read_field(const std::string& line, std::string_view key, std::int64_t& out) {
  if (!line.starts_with(key))
    return false;
  out = std::atoll(line.c_str() + key.size());
  return true;
}

} // namespace

std::optional<process_sample> sample_process(int pid) {
  std::ifstream stat{proc_path(pid, "stat")};
  std::string line;
  if (!std::getline(stat, line))
    return std::nullopt;
  const auto name_end = line.rfind(')'); // The name may hold spaces.
  if (name_end == std::string::npos)
    return std::nullopt;
  std::istringstream fields{line.substr(name_end + 1)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
  process_sample out;
  out.user_s = user / ticks_per_s;
  out.system_s = system / ticks_per_s;
  std::ifstream status{proc_path(pid, "status")};
  while (std::getline(status, line))
    if (!read_field(line, "VmRSS:", out.rss_kb) && !read_field(line, "VmHWM:", out.rss_peak_kb))
      read_field(line, "Threads:", out.threads);
  std::ifstream io{proc_path(pid, "io")};
  while (std::getline(io, line))
    read_field(line, "syscw:", out.writes);
  return out;
}

private_memory sample_memory(int pid) {
  std::ifstream maps{proc_path(pid, "smaps")};
  private_memory out;
  auto* part = &out.anonymous_kb;
  for (std::string line; std::getline(maps, line);) {
    std::int64_t kb = 0;
    if (read_field(line, "Private_Dirty:", kb)) {
      *part += kb;
    } else if (!line.empty() && (line[0] < 'A' || line[0] > 'Z')) { // Addresses are lower-case hex.
      if (line.ends_with("[heap]"))
        part = &out.heap_kb;
      else if (line.ends_with("[stack]"))
        part = &out.stack_kb;
      else
        part = line.find('/') != std::string::npos ? &out.files_kb : &out.anonymous_kb;
    }
  }
  return out;
}

double machine_cpu_s() {
  std::ifstream file{"/proc/stat"};
  std::string label;
  file >> label;
  double busy = 0;
  double ticks = 0;
  for (int i = 0; i < 8 && file >> ticks; ++i) // user nice system idle iowait irq softirq steal
    busy += i == 3 || i == 4 ? 0 : ticks;
  return busy / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::int64_t kernel_socket_kb() {
  std::ifstream file{"/proc/net/sockstat"};
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find(" mem ");
    if (line.starts_with("TCP:") && at != std::string::npos)
      return std::atoll(line.c_str() + at + 5) * (sysconf(_SC_PAGESIZE) / 1024);
  }
  return 0;
}

std::optional<double> sum_of_metric(const std::string& text, std::string_view name) {
  std::optional<double> sum;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    const auto name_end = std::min(line.find_first_of(" {"), line.size());
    const auto found = std::string_view{line}.substr(0, name_end);
    if (line.starts_with('#') || !found.ends_with(name) ||
        (found.size() > name.size() && found[found.size() - name.size() - 1] != '_'))
      continue;
    const auto value = line.rfind(' ');
    if (value != std::string::npos)
      sum = sum.value_or(0) + std::atof(line.c_str() + value);
  }
  return sum;
}

} // namespace troupe::bench
