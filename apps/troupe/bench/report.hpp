// apps/troupe/bench/report.hpp
#pragma once

#include "apps/troupe/bench/run.hpp"

#include <string>

namespace troupe::bench {

/// For people: what was measured, what went wrong, what to doubt.
std::string as_text(const settings& s, const outcome& o);

/// For scripts: one flat JSON object on one line; figures that were not taken are absent.
std::string as_json(const settings& s, const outcome& o);

/// Sentences about why the figures may not mean what they say.
std::vector<std::string> doubts(const settings& s, const outcome& o);

} // namespace troupe::bench
