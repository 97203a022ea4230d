// apps/troupe/bench_routes.hpp
#pragma once

#include <CLI/App.hpp>

namespace troupe {

/// `troupe bench routes`: what a look-up in a route table costs, against a list of the same patterns.
void add_bench_routes(CLI::App& bench);

} // namespace troupe
