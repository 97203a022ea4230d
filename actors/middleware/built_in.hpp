// actors/middleware/built_in.hpp
#pragma once

#include "actors/middleware/step.hpp"

namespace troupe::actors {

/// The steps that every node knows; each has a file of its own beside this one.
void add_built_in_steps(step_registry& to);

step_kind authenticate_step();
step_kind authorize_step();
step_kind rate_limit_step();

} // namespace troupe::actors
