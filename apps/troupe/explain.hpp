// apps/troupe/explain.hpp
#pragma once

#include <CLI/App.hpp>

namespace troupe {

/// `troupe config explain`: what a request meets, and what that costs.
void add_explain(CLI::App& config);

} // namespace troupe
