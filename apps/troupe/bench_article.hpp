// apps/troupe/bench_article.hpp
#pragma once

#include <CLI/App.hpp>

namespace troupe {

/// Adds, below `troupe bench`, what compares something of the product with the same without it: `waiting`, `mounting`, `log`,
/// `buffers` and `broadcast`.
void add_bench_article(CLI::App& bench);

/// Adds `troupe bench login-storm`.
void add_bench_login_storm(CLI::App& bench);

} // namespace troupe
