#include "identity/token_cache.hpp"

#include <algorithm>

namespace troupe::identity {

token_cache::token_cache(std::size_t entries_max) {
  for (std::size_t i = 0; i < parts_.size(); ++i)
    parts_[i].entries_max = entries_max / parts_.size() + (i < entries_max % parts_.size() ? 1 : 0);
}

std::shared_ptr<const claims> token_cache::find(const token_digest& token, const key_ring& ring, time_ms now) {
  auto& part = part_of(token);
  const std::lock_guard turn{part.mutex};
  const auto found = part.by_digest.find(token);
  if (found == part.by_digest.end())
    return nullptr;
  auto& known = *found->second;
  // The keys have changed since: is the one that signed still there?
  if (known.generation != ring.generation() && ring.holds(known.what.by))
    known.generation = ring.generation();
  if (known.generation != ring.generation() || now >= known.what.who->expires) {
    part.by_use.erase(found->second);
    part.by_digest.erase(found);
    return nullptr;
  }
  part.by_use.splice(part.by_use.begin(), part.by_use, found->second);
  return known.what.who;
}

void token_cache::remember(const token_digest& token, const verified& what, const key_ring& ring, time_ms now) {
  auto& part = part_of(token);
  if (now >= what.who->expires || part.entries_max == 0)
    return;
  const std::lock_guard turn{part.mutex};
  if (const auto known = part.by_digest.find(token); known != part.by_digest.end()) {
    *known->second = {token, what, ring.generation()};
    part.by_use.splice(part.by_use.begin(), part.by_use, known->second);
    return;
  }
  if (part.by_use.size() == part.entries_max) {
    part.by_digest.erase(part.by_use.back().token);
    part.by_use.pop_back();
  }
  part.by_use.push_front({token, what, ring.generation()});
  part.by_digest.emplace(token, part.by_use.begin());
}

std::size_t token_cache::size() const {
  std::size_t all = 0;
  for (const auto& part : parts_) {
    const std::lock_guard turn{part.mutex};
    all += part.by_use.size();
  }
  return all;
}

} // namespace troupe::identity
