#include "actors/middleware/built_in.hpp"

namespace troupe::actors {

void add_built_in_steps(step_registry& to) {
  to.add(access_log_step());
  to.add(recover_step());
  to.add(authenticate_step());
  to.add(authorize_step());
  to.add(rate_limit_step());
  to.add(validate_step());
  to.add(moderate_step());
  to.add(circuit_breaker_step());
  to.add(page_cache_step());
  to.add(record_step());
}

} // namespace troupe::actors
