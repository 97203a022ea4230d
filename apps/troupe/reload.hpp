// apps/troupe/reload.hpp
#pragma once

#include "config/load.hpp"

#include <string>
#include <vector>

namespace troupe {

/// What a running node can take over of a changed configuration: the chains and what their steps are set to, the routes,
/// the level of the log.
struct reload_plan {
  config::options next;               ///< What holds, with what can be taken over.
  std::vector<std::string> taken;     ///< Options that change.
  std::vector<std::string> not_taken; ///< Options that need a restart.
};

reload_plan plan_reload(const config::options& holds, const config::options& read);

} // namespace troupe
