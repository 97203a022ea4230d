// apps/troupe/prove/run.hpp
#pragma once

#include "apps/troupe/prove/outcome.hpp"
#include "apps/troupe/prove/settings.hpp"

#include <functional>
#include <string>

namespace troupe::prove {

/// Puts load on the nodes of a directory, hurts them one fault after another, and judges what was seen.
///
/// At least one node always lives and is not stopped: a fault that would take the last one is left out. Nodes that
/// are not started again by a `troupe cluster` are hurt only with `settings::yes`, and stay away then.
///
/// `interrupted` is asked now and then; when it says so, the run ends early, in good order, with a verdict.
/// Progress goes to stderr.
/// Throws std::runtime_error when it cannot begin, with what to do.
outcome run(const settings& how, const std::function<bool()>& interrupted);

} // namespace troupe::prove
