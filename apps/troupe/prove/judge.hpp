// apps/troupe/prove/judge.hpp
#pragma once

#include "apps/troupe/prove/crowd.hpp"
#include "apps/troupe/prove/outcome.hpp"
#include "client/endpoint.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::prove {

/// Ends the crowds, completes their recordings with what the log in `directory` holds at the end, and has the checker
/// read them. What could not be read is a trouble of the outcome. `nodes` is asked before each attempt.
void judge(outcome& what, const std::string& directory, const std::vector<std::unique_ptr<crowd>>& crowds,
           const std::function<std::vector<client::endpoint>()>& nodes);

} // namespace troupe::prove
