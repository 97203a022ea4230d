#include "apps/troupe/configuration_findings.hpp"

#include "actors/middleware/lint.hpp"
#include "apps/troupe/steps.hpp"
#include "identity/key_sources.hpp"

#include <CLI/Error.hpp>

#include <iostream>
#include <utility>

namespace troupe {

namespace {

/// `routes[2].steps` is the option `routes.steps`.
std::string without_number(std::string option) {
  if (const auto begin = option.find('['); begin != std::string::npos)
    option.erase(begin, option.find(']') + 1 - begin);
  return option;
}

/// Where an option was set; of a row that does not have it, where the row begins.
config::problem problem_at(const config::effective& what, const std::string& option, std::string message) {
  auto found = what.places.find(option);
  if (found == what.places.end())
    if (const auto row = option.find(']'); row != std::string::npos)
      found = what.places.find(option.substr(0, row + 1));
  if (found == what.places.end())
    return {"default", 0, 0, std::move(message)};
  const auto& where = found->second;
  return {where.name, where.line, where.column, std::move(message)};
}

} // namespace

configuration_findings findings_of(const config::effective& what) {
  configuration_findings found;
  for (auto& one : actors::lint_chains(what.values, known_steps())) {
    auto& into = one.how == actors::chain_finding::severity::error ? found.errors : found.warnings;
    into.push_back(problem_at(what, one.option, without_number(one.option) + ": " + one.message));
  }
  if (what.values.auth.mode == "token")
    for (const auto& remark : identity::read_key_sources(what.values.auth.keys, {}).errors)
      found.errors.push_back(
        problem_at(what, "auth.keys[" + std::to_string(remark.entry) + "]." + remark.field, remark.message));
  return found;
}

checked_options checked_configuration(const configuration_flags& given) {
  auto holds = effective_configuration(given);
  auto found = findings_of(holds);
  for (const auto& problem : found.errors)
    std::cerr << to_string(problem) << '\n';
  if (!found.errors.empty())
    throw CLI::RuntimeError(1);
  return {std::move(holds), std::move(found.warnings)};
}

} // namespace troupe
