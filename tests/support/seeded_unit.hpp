// tests/support/seeded_unit.hpp
#pragma once

#include "actors/actor_unit.hpp"

#include <utility>
#include <vector>

namespace troupe::tests {

/// An execution unit whose jobs wait until the seed picks them.
class seeded_unit final : public actors::actor_unit {
public:
  seeded_unit(caf::actor_system& system, std::vector<std::pair<seeded_unit*, caf::resumable*>>& jobs)
    : actors::actor_unit(&system), jobs_(jobs) {}
  void exec_later(caf::resumable* job) override { jobs_.emplace_back(this, job); }

private:
  std::vector<std::pair<seeded_unit*, caf::resumable*>>& jobs_;
};

} // namespace troupe::tests
