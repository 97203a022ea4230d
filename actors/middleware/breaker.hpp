// actors/middleware/breaker.hpp
#pragma once

#include "config/options.hpp"
#include "protocol/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace troupe::actors {

using protocol::time_ms;

/// Keeps requests from what fails most of them: closed → open → half open → closed or open.
///
/// Time:      only `now` counts.
/// Ordering:  every request that `admit` lets pass is told of once in `ended`; what ends after it opened, and was no
///            probe, counts for nothing.
/// Limits:    `window_requests` results and `probes` probes are remembered.
class breaker {
public:
  enum class state : std::uint8_t { closed, open, half_open };
  enum class result : std::uint8_t {
    served, ///< Also when it was refused for what the caller did.
    failed,
    unclear ///< The caller went away first.
  };

  /// For what comes after.
  void set_rules(const config::circuit_breaker_options& rules) { rules_ = rules; }

  /// 0 when the request may go on; else the milliseconds after which to try again. `request` names it until it ends.
  std::uint32_t admit(const void* request, time_ms now);

  /// `began` is when it came in. True when the breaker has opened by this.
  bool ended(const void* request, time_ms began, result how, time_ms now);

  state where() const noexcept { return state_; }

private:
  struct seen {
    time_ms time = 0;
    bool failed = false;
  };

  bool count(bool failed, time_ms now);
  void forget_first();
  void open(time_ms now);
  void close(time_ms now);

  config::circuit_breaker_options rules_;
  state state_ = state::closed;
  time_ms open_until_ = 0;
  time_ms closed_since_ = 0;
  std::deque<seen> window_;
  std::size_t failures_ = 0;         ///< In the window.
  std::vector<const void*> probing_; ///< Let through while half open.
  std::uint32_t probes_served_ = 0;
};

} // namespace troupe::actors
