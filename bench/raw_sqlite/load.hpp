// bench/raw_sqlite/load.hpp
//
// The same messages for both sides of the comparison.
#pragma once

#include "storage/message_log.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace troupe::bench {

struct load_settings {
  std::string directory;
  unsigned rooms = 100;
  unsigned users = 1'000;
  unsigned body_bytes = 128;
  unsigned batch = 256;
  double seconds = 3;     ///< Of each throughput part.
  unsigned singles = 400; ///< One-row commits, for the latency.
};

struct throughput {
  double rows_per_s = 0;
  double rows_per_commit = 0;
  double cpu_us_per_row = 0; ///< Of the whole process, in user and kernel; steadier than the time on a busy machine.
};

struct latency {
  double p50_us = 0;
  double p99_us = 0;
};

/// Messages with random senders; rooms and cids are the caller's.
class message_source {
public:
  explicit message_source(const load_settings& with);
  /// The next message of `room` (an index), with the seq given; chain and digest are filled.
  storage::record next(unsigned room, storage::seq_t seq);

private:
  const load_settings& with_;
  std::mt19937_64 random_{1};
  std::string body_;
  std::int64_t now_ = 1'700'000'000'000;
};

/// One thread, statements prepared once, `batch` messages a transaction.
throughput raw_throughput(const load_settings& with);
latency raw_single_commits(const load_settings& with);

/// Closed loop: every room sends its next run when the one before is acked, and there
/// are enough rooms for the batches to be full.
throughput log_throughput(const load_settings& with);
latency log_single_appends(const load_settings& with);

/// Processor time of the process so far.
double cpu_us();

latency percentiles(std::vector<double> us);

} // namespace troupe::bench
