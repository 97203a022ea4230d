// apps/troupe/bench/run.hpp
#pragma once

#include "apps/troupe/bench/histogram.hpp"
#include "apps/troupe/bench/layout.hpp"
#include "apps/troupe/bench/ledger.hpp"
#include "apps/troupe/bench/process_sample.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::bench {

/// What a run has found. Server figures are absent when no process id was given.
struct outcome {
  layout plan;

  // -- opening ------------------------------------------------------------------
  std::uint32_t opened = 0;
  double opening_s = 0;
  std::optional<double> opening_cpu_s; ///< Server.
  std::optional<private_memory> memory_before;
  std::optional<private_memory> memory_opened; ///< As soon as all were ready.
  std::optional<private_memory> memory_held;   ///< After the hold (idle) or the settling.
  std::int64_t kernel_socket_kb = 0;           ///< Growth; both ends of every connection.

  // -- the measured window ------------------------------------------------------
  double window_s = 0;
  std::uint64_t deliveries = 0; ///< That arrived in the window, acks included.
  std::uint64_t messages = 0;   ///< That were sent in it.
  std::optional<double> window_cpu_s;
  std::optional<double> window_system_s;
  std::optional<double> send_calls;
  std::string send_calls_from;
  histogram to_others;
  histogram to_sender;
  histogram behind;
  double own_cpu = 0;               ///< Of the busiest driver, as a part of one core.
  std::optional<double> others_cpu; ///< Neither server nor generator, in cores.

  // -- everything ---------------------------------------------------------------
  ledger::totals sums;
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;
  std::uint64_t misdelivered = 0;
  std::uint64_t gaps = 0;
  std::uint64_t connections_lost = 0;
  std::optional<process_sample> server_at_end;
  bool stalled = false; ///< Nothing moved for `settings::stall_s`; the run was cut short.
  bool interrupted = false;
  std::vector<std::string> complaints;

  /// Nothing lost, doubled, out of order, refused or sent to the wrong one.
  bool clean() const noexcept {
    return sums.clean() && refused == 0 && misdelivered == 0 && connections_lost == 0 && opened == plan.connections;
  }
};

/// Above this part of its core the generator may be what was measured.
inline constexpr double own_cpu_max = 0.85;

/// Above this 99th percentile of lateness the schedule was not kept.
inline constexpr std::int64_t behind_ns_max = 5'000'000;

/// Above this part of a core somebody else disturbs the measurement.
inline constexpr double others_cpu_max = 0.1;

/// Opens, sends, measures, drains, closes. Blocks. Throws std::invalid_argument for
/// settings that make no sense.
outcome run(const settings& s);

} // namespace troupe::bench
