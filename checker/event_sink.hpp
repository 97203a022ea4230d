// checker/event_sink.hpp
#pragma once

#include "checker/event.hpp"

#include <cstdint>

namespace troupe::checker {

/// Who is told what happened.
///
/// Ordering: the order of the calls is the order of time: append a `send` before its frame is
///           given to the socket, and everything else after it was received.
class event_sink {
public:
  virtual ~event_sink() = default;

  virtual void append(event what) = 0;

  /// A number for a new connection, from 1.
  virtual std::uint64_t next_connection() = 0;
};

} // namespace troupe::checker
