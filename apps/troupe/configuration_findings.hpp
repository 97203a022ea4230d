// apps/troupe/configuration_findings.hpp
//
// What is wrong with a configuration beyond its single values: the order of steps, the keys of tokens.
#pragma once

#include "apps/troupe/configuration.hpp"
#include "config/load.hpp"

namespace troupe {

struct configuration_findings {
  config::problems errors;
  config::problems warnings;
};

/// Reads the files with keys; looks at nothing else outside the options.
configuration_findings findings_of(const config::effective& what);

/// What holds, with nothing wrong about it.
struct checked_options {
  config::effective holds;
  config::problems warnings;
};

/// Errors: prints every problem on stderr and throws CLI::RuntimeError with exit code 1.
checked_options checked_configuration(const configuration_flags& given);

} // namespace troupe
