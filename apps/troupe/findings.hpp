// apps/troupe/findings.hpp
//
// What is wrong with a configuration beyond its single values: the order of steps, the keys of tokens.
#pragma once

#include "config/load.hpp"

namespace troupe {

struct findings {
  config::problems errors;
  config::problems warnings;
};

/// Reads the files with keys; looks at nothing else outside the options.
findings findings_of(const config::effective& what);

/// Where an option was set; a list of tables without it is found by its table. For defaults the option's name stands in
/// place of a file.
config::problem problem_at(const config::effective& what, const std::string& option, std::string message);

} // namespace troupe
