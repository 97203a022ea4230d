// Measures what SQLite itself can do on this machine and how much of it the log keeps:
//   bench_raw_sqlite --directory DIR [--windows N] [--seconds S]
// Windows of both kinds alternate; the JSON on stdout gives minimum, median and maximum.
#include "bench/raw_sqlite/load.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace {

using namespace troupe::bench;

std::string spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return fmt::format(R"({{"min": {:.2f}, "median": {:.2f}, "max": {:.2f}}})", values.front(), values[values.size() / 2],
                     values.back());
}

/// Runs one part in a directory of its own that is gone afterwards.
template <class Part>
auto in_fresh_directory(load_settings with, const char* name, Part part) {
  with.directory += std::string{"/"} + name;
  std::filesystem::remove_all(with.directory);
  const auto result = part(with);
  std::filesystem::remove_all(with.directory);
  return result;
}

} // namespace

int main(int argc, char** argv) {
  load_settings with;
  unsigned windows = 5;
  CLI::App app{"Raw SQLite group commit beside the same load through the log"};
  app.add_option("--directory", with.directory, "An empty directory on the disk to measure")->required();
  app.add_option("--windows", windows, "Alternating windows of each kind")->check(CLI::Range(1u, 100u));
  app.add_option("--seconds", with.seconds, "Length of a window");
  app.add_option("--rooms", with.rooms, "Rooms that write")->check(CLI::Range(1u, 100'000u));
  app.add_option("--users", with.users, "Users that write")->check(CLI::Range(1u, 1'000'000u));
  app.add_option("--body-bytes", with.body_bytes, "Bytes of a body");
  app.add_option("--batch", with.batch, "Rows of a raw transaction")->check(CLI::Range(1u, 256u));
  app.add_option("--singles", with.singles, "One-row commits of a window")->check(CLI::Range(100u, 1'000'000u));
  CLI11_PARSE(app, argc, argv);

  std::vector<double> raw_rows, log_rows, ratio, raw_us, log_us, ratio_us, per_commit, raw_cpu, log_cpu;
  for (unsigned i = 0; i < windows; ++i) {
    const auto raw = in_fresh_directory(with, "raw", raw_throughput);
    const auto log = in_fresh_directory(with, "log", log_throughput);
    const auto raw_single = in_fresh_directory(with, "raw", raw_single_commits);
    const auto log_single = in_fresh_directory(with, "log", log_single_appends);
    raw_rows.push_back(raw.rows_per_s);
    log_rows.push_back(log.rows_per_s);
    ratio.push_back(log.rows_per_s / raw.rows_per_s);
    per_commit.push_back(log.rows_per_commit);
    raw_cpu.push_back(raw.cpu_us_per_row);
    log_cpu.push_back(log.cpu_us_per_row);
    raw_us.push_back(raw_single.p50_us);
    log_us.push_back(log_single.p50_us);
    ratio_us.push_back(log_single.p50_us / raw_single.p50_us);
    std::fprintf(stderr, "window %u: raw %.0f rows/s, log %.0f rows/s (%.2f); commit p50 %.0f us, ack p50 %.0f us\n",
                 i + 1, raw.rows_per_s, log.rows_per_s, ratio.back(), raw_us.back(), log_us.back());
  }
  fmt::print(R"({{
  "rooms": {}, "users": {}, "body_bytes": {}, "batch": {}, "windows": {}, "seconds": {},
  "raw_rows_per_s": {},
  "log_rows_per_s": {},
  "log_rows_per_commit": {},
  "throughput_ratio": {},
  "raw_cpu_us_per_row": {},
  "log_cpu_us_per_row": {},
  "raw_commit_p50_us": {},
  "log_ack_p50_us": {},
  "latency_ratio": {}
}}
)",
             with.rooms, with.users, with.body_bytes, with.batch, windows, with.seconds, spread(raw_rows),
             spread(log_rows), spread(per_commit), spread(ratio), spread(raw_cpu), spread(log_cpu), spread(raw_us),
             spread(log_us), spread(ratio_us));
  return 0;
}
