// actors/middleware/lint.hpp
#pragma once

#include "actors/middleware/step.hpp"
#include "config/options.hpp"

#include <string>
#include <vector>

namespace troupe::actors {

/// Something about the chains that is wrong, or that somebody should know.
struct chain_finding {
  enum class severity : std::uint8_t {
    error,  ///< The node does not start with it, and a reload keeps what was there.
    warning ///< It works, but hardly as meant.
  };
  severity how = severity::error;
  std::string option;  ///< Where: `middleware.steps`, `routes[2]`, `routes[2].steps`.
  std::string message; ///< What is wrong, and what to do.
  bool operator==(const chain_finding&) const = default;
};

/// Judges the chains of a configuration by what their steps declare, without running any.
///
/// Errors:   a step that does not exist, stands twice or cannot be made; a route that cannot be read, or whose requests others take
///           first; a step that needs the identity or the role before another provides it; one that may answer from
///           what it keeps before it is known who asks; one that may block; a limit per user that others do not share;
///           requests that nobody asks who they are.
/// Warnings: `recover` behind what it should catch; an expensive step for every request; a step that its route never
///           meets; no limit anywhere.
/// Order:    that of the configuration.
std::vector<chain_finding> lint_chains(const config::options& options, const step_registry& steps);

} // namespace troupe::actors
