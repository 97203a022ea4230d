// actors/middleware/built_in.hpp
#pragma once

#include "actors/middleware/step.hpp"

#include <memory>

namespace troupe::actors {

class line_writer;

/// The steps that every node knows; each has a file of its own beside this one.
void add_built_in_steps(step_registry& to);

step_kind access_log_step();
step_kind recover_step();
step_kind authenticate_step();
step_kind authorize_step();
step_kind rate_limit_step();
step_kind validate_step();
step_kind moderate_step();
step_kind circuit_breaker_step();
step_kind page_cache_step();
step_kind record_step();

/// The same with a writer of one's own.
step_kind access_log_step(std::shared_ptr<line_writer> to);
step_kind record_step(std::shared_ptr<line_writer> to);

} // namespace troupe::actors
