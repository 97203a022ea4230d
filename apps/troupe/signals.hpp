// apps/troupe/signals.hpp
//
// The signals that a node waits for.
#pragma once

#include <chrono>
#include <csignal>

namespace troupe {

/// What asks to end may come twice, as `timeout` and others send it to a process and to its group: so soon after the
/// first it is the same.
inline constexpr std::chrono::milliseconds same_signal_ms{500};

/// SIGINT, SIGTERM and SIGHUP are waited for by the main thread; every thread started later inherits this. Call it
/// before there are any.
sigset_t hold_signals();

/// From now on SIGINT and SIGTERM end the process at once, with exit code 1 and a line on stderr, unless they are the
/// same as one before. From the main thread.
void end_at_next_signal();

} // namespace troupe
