// tests/support/stage.hpp
#pragma once

#include "tests/support/agenda.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tests {

/// What everything in a simulation shares: chance, time, a trace for people, and what was seen that must not be.
struct stage {
  explicit stage(std::uint64_t seed) : chance(seed) {}

  dice chance;
  agenda when{chance};
  bool traces = std::getenv("TROUPE_TRACE") != nullptr;
  bool traces_frames = traces && std::string_view{std::getenv("TROUPE_TRACE")} == "frames"; ///< And the history.
  std::vector<std::string> breaches;

  /// A line of the trace, which `TROUPE_TRACE=1` turns on.
  template <class... Args>
  void trace(fmt::format_string<Args...> text, Args&&... args) const {
    if (traces)
      fmt::print("t={:.3f} {}\n", static_cast<double>(when.now()) / 1'000,
                 fmt::format(text, std::forward<Args>(args)...));
  }

  template <class... Args>
  void breach(fmt::format_string<Args...> text, Args&&... args) {
    auto line = fmt::format("t={:.3f} {}", static_cast<double>(when.now()) / 1'000,
                            fmt::format(text, std::forward<Args>(args)...));
    trace("BREACH {}", line);
    if (breaches.size() < 20)
      breaches.push_back(std::move(line));
  }
};

} // namespace troupe::tests
