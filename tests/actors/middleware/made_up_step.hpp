// tests/actors/middleware/made_up_step.hpp
#pragma once

#include "actors/middleware/step.hpp"
#include "tests/support/simulation.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// A step that does what a test says.
struct made_up {
  std::function<actors::verdict(actors::passage&)> admit = [](actors::passage&) { return actors::pass{}; };
  std::function<void(const actors::passage&, const actors::outcome&)> settle;
  std::function<void(const actors::step_surroundings&)> made; ///< Each time it is made anew.
};

/// Kinds made of `how` for all requests, or those of `verbs`.
inline actors::step_kind kind_of(std::string name, made_up how, std::vector<actors::verb> verbs = {}) {
  class one final : public actors::step {
  public:
    explicit one(std::shared_ptr<const made_up> how) : how_(std::move(how)) {}
    actors::verdict admit(actors::passage& what) override { return how_->admit(what); }
    void settle(const actors::passage& what, const actors::outcome& ended) override {
      if (how_->settle)
        how_->settle(what, ended);
    }

  private:
    std::shared_ptr<const made_up> how_;
  };
  actors::step_traits traits;
  traits.name = std::move(name);
  traits.verbs = std::move(verbs);
  traits.settles = static_cast<bool>(how.settle);
  return {std::move(traits),
          [how = std::make_shared<const made_up>(std::move(how))](const actors::step_surroundings& here) {
            if (how->made)
              how->made(here);
            return std::make_unique<one>(how);
          }};
}

/// A node whose requests meet, when they have an identity, `steps`; `kinds` are known beside those that are built in.
inline simulation::options with_steps(const std::vector<std::string>& steps, std::vector<actors::step_kind> kinds) {
  simulation::options how;
  how.node.middleware.steps = {"authenticate", "authorize"};
  how.node.middleware.steps.insert(how.node.middleware.steps.end(), steps.begin(), steps.end());
  how.prepare = [kinds = std::move(kinds)](actors::services& around) {
    for (const auto& kind : kinds)
      around.steps.add(kind);
  };
  return how;
}

/// What a step decides later.
inline actors::verdict let_pass(actors::passage&) { return actors::pass{}; }

} // namespace troupe::tests
