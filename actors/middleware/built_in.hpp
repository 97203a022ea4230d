// actors/middleware/built_in.hpp
#pragma once

#include "actors/middleware/step.hpp"

namespace troupe::actors {

struct services;

/// The steps that every node knows; each has a file of its own beside this one.
void add_built_in_steps(step_registry& to, services& around);

step_kind authenticate_step(services& around);
step_kind authorize_step(services& around);
step_kind rate_limit_step(services& around);

} // namespace troupe::actors
