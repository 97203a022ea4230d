#include "actors/middleware/built_in.hpp"

namespace troupe::actors {

void add_built_in_steps(step_registry& to) {
  to.add(authenticate_step());
  to.add(authorize_step());
  to.add(rate_limit_step());
}

} // namespace troupe::actors
