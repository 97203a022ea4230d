// apps/troupe/prove/final_history.hpp
#pragma once

#include "checker/recorder.hpp"
#include "client/endpoint.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::prove {

/// Reads a room's whole log in raw pages over HTTP and records it. A node that does not answer is asked
/// again, then another one, for half a minute. `nodes` is asked before each attempt.
/// Throws std::runtime_error when the log could not be read.
void record_final_history(checker::recorder& into, const std::string& room, const std::string& user,
                          const std::function<std::vector<client::endpoint>()>& nodes);

} // namespace troupe::prove
