// transport/tick_times.hpp
//
// When the connections of an I/O thread tick: once a second each.
#pragma once

#include "transport/timer_wheel.hpp"

#include <algorithm>
#include <cstdint>

namespace troupe::transport {

constexpr std::int64_t tick_ms = 1'000;

/// A connection's first tick; `offset_ms` is its own within `tick_ms`. Few connections share few wake-ups of their
/// thread, since a wake-up costs more than a tick. Where there are many, none is to take long.
constexpr std::int64_t first_tick_ms(std::int64_t now_ms, std::int64_t offset_ms, std::int64_t connections) {
  constexpr std::int64_t few = 2'000;
  const std::int64_t apart_ms = connections <= few ? 200 : timer_wheel::slot_ms;
  return (now_ms + offset_ms) / apart_ms * apart_ms + apart_ms;
}

/// The one after that, in step with it however late it came: after a pause not all come at once for ever.
constexpr std::int64_t next_tick_ms(std::int64_t last_ms, std::int64_t now_ms) {
  const auto missed = std::max<std::int64_t>(0, now_ms - last_ms) / tick_ms;
  return last_ms + (missed + 1) * tick_ms;
}

} // namespace troupe::transport
