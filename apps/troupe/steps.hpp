// apps/troupe/steps.hpp
#pragma once

#include "actors/middleware/step.hpp"

namespace troupe {

/// The steps that configurations of this program may name: those that are built in, and what its `main` has added
/// before `run`.
actors::step_registry& known_steps();

} // namespace troupe
