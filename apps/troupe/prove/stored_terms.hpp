// apps/troupe/prove/stored_terms.hpp
#pragma once

#include "checker/recorder.hpp"

#include <string>
#include <vector>

namespace troupe::prove {

/// Records the term that every row of these rooms was stored under, read beside the nodes from the log in `directory`: they
/// are never told to clients. Throws std::runtime_error when the log cannot be read.
void record_stored_terms(checker::recorder& into, const std::string& directory, const std::vector<std::string>& rooms);

} // namespace troupe::prove
