// apps/troupe/signals.hpp
//
// The signals that a node waits for.
#pragma once

#include <csignal>

namespace troupe {

/// SIGINT, SIGTERM and SIGHUP are waited for by the main thread; every thread started later inherits this. Call it
/// before there are any.
sigset_t hold_signals();

/// From now on SIGINT and SIGTERM end the process at once, with exit code 1 and a line on stderr. From the main thread.
void end_at_next_signal();

} // namespace troupe
