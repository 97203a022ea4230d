// apps/troupe/join.hpp
#pragma once

#include "apps/troupe/configuration.hpp"

#include <string>

namespace troupe {

/// Settings for one more node of a cluster: its directory, and in place of the defaults a name that no node there has
/// and a port that is free. Throws CLI::RuntimeError when no node lives there.
void join_cluster(const std::string& directory, configuration_flags& flags);

} // namespace troupe
