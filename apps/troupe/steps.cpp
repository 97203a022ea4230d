#include "apps/troupe/steps.hpp"

#include "actors/middleware/built_in.hpp"

namespace troupe {

actors::step_registry& known_steps() {
  static actors::step_registry steps = [] {
    actors::step_registry made;
    actors::add_built_in_steps(made);
    return made;
  }();
  return steps;
}

} // namespace troupe
