// config/render.hpp
//
// The effective options as a file that can be loaded again.
#pragma once

#include "config/load.hpp"

#include <string>

namespace troupe::config {

/// TOML of every option, each followed by a comment that says where its value comes from:
/// `default`, `file:line`, the environment variable or the flag.
std::string render(const effective& what);

} // namespace troupe::config
