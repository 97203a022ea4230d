#include "actors/middleware/built_in.hpp"

namespace troupe::actors {

void add_built_in_steps(step_registry& to, services& around) {
  to.add(authenticate_step(around));
  to.add(authorize_step(around));
  to.add(rate_limit_step(around));
}

} // namespace troupe::actors
