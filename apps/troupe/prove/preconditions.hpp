// apps/troupe/prove/preconditions.hpp
//
// What would fail only after minutes, and say too little then. Each throws std::runtime_error with what to do.
#pragma once

#include "apps/troupe/prove/nodes.hpp"
#include "apps/troupe/prove/settings.hpp"

#include <cstddef>
#include <string>

namespace troupe::prove {

/// Nodes serve, and may be hurt. Gives how many have to serve when all is well.
std::size_t check_nodes(const nodes& of, const settings& how);

/// The load says something of each room, and the nodes take it.
void check_load(const nodes& of, const settings& how, const std::string& run);

} // namespace troupe::prove
