// apps/troupe/keys.hpp
//
// The keys of a configuration, or what is wrong with them and where that is written.
#pragma once

#include "config/load.hpp"
#include "identity/key_sources.hpp"

#include <memory>

namespace troupe {

/// Reads the keys of every file that is named; those of a `jwks_url` come when somebody fetches them. Tells on stderr of
/// keys that were passed over.
/// Errors: prints every problem on stderr, with file and line, and throws CLI::RuntimeError with exit code 1.
std::shared_ptr<identity::current_keys> keys_of(const config::effective& what);

} // namespace troupe
