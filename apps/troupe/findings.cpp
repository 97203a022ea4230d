#include "apps/troupe/findings.hpp"

#include "actors/middleware/lint.hpp"
#include "apps/troupe/steps.hpp"
#include "identity/key_sources.hpp"

namespace troupe {

config::problem problem_at(const config::effective& what, const std::string& option, std::string message) {
  auto found = what.places.find(option);
  if (found == what.places.end()) // `routes[2].rooms` is not written: then `routes[2]`.
    if (const auto dot = option.find_last_of('.'); dot != std::string::npos && option.find(']') != std::string::npos)
      found = what.places.find(option.substr(0, dot));
  if (found == what.places.end())
    return {option + " (default)", 0, 0, std::move(message)};
  const auto& [from, name, line, column] = found->second;
  const bool in_file = from == config::place::kind::file;
  return {name, in_file ? line : 0, in_file ? column : 0,
          option.substr(0, option.find('[')) +
            (option.find("].") == std::string::npos ? "" : option.substr(option.find("].") + 1)) + ": " +
            std::move(message)};
}

findings findings_of(const config::effective& what) {
  findings found;
  for (auto& one : actors::lint_chains(what.values, known_steps())) {
    auto& into = one.how == actors::chain_finding::severity::error ? found.errors : found.warnings;
    into.push_back(problem_at(what, one.option, std::move(one.message)));
  }
  if (what.values.auth.mode == "token")
    for (const auto& remark : identity::read_key_sources(what.values.auth.keys, {}).errors)
      found.errors.push_back(
        problem_at(what, "auth.keys[" + std::to_string(remark.entry) + "]." + remark.field, remark.message));
  return found;
}

} // namespace troupe
