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

} // namespace troupe
