#include "actors/middleware/step.hpp"

#include <algorithm>

namespace troupe::actors {

bool step_traits::applies_to(verb what) const {
  return verbs.empty() || std::find(verbs.begin(), verbs.end(), what) != verbs.end();
}

void step_registry::add(step_kind what) {
  const auto same =
    std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& k) { return k.traits.name == what.traits.name; });
  if (same == kinds_.end())
    kinds_.push_back(std::move(what));
  else
    *same = std::move(what);
}

const step_kind* step_registry::find(std::string_view name) const {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& k) { return k.traits.name == name; });
  return found == kinds_.end() ? nullptr : &*found;
}

} // namespace troupe::actors
