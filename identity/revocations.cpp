#include "identity/revocations.hpp"

#include <algorithm>
#include <mutex>

namespace troupe::identity {

bool revocations::add(std::span<const revocation> entries, time_ms now) {
  const std::unique_lock turn{mutex_};
  for (auto* const table : {&tokens_, &users_})
    std::erase_if(*table, [&](const auto& one) { return one.second.keep_until <= now; });
  bool all = true, changed = false;
  for (const auto& one : entries) {
    if (one.keep_until <= now)
      continue;
    const bool added = add_one(one);
    all &= added;
    changed |= added;
  }
  size_.store(tokens_.size() + users_.size(), std::memory_order_release);
  if (changed)
    changes_.fetch_add(1, std::memory_order_acq_rel);
  return all;
}

bool revocations::add_one(const revocation& what) {
  auto& table = what.what == revocation::kind::token ? tokens_ : users_;
  const auto known = table.find(what.name);
  if (known == table.end() && tokens_.size() + users_.size() >= entries_max_)
    return false;
  auto& entry = known == table.end() ? table[what.name] : known->second;
  entry.before = std::max(entry.before, what.before);
  entry.keep_until = std::max(entry.keep_until, what.keep_until);
  return true;
}

bool revocations::revoked(const claims& who) const {
  if (size_.load(std::memory_order_acquire) == 0)
    return false;
  const std::shared_lock turn{mutex_};
  if (!who.id.empty() && tokens_.contains(who.id))
    return true;
  const auto user = users_.find(who.user);
  return user != users_.end() && who.issued < user->second.before;
}

std::size_t revocations::size() const { return size_.load(std::memory_order_acquire); }

} // namespace troupe::identity
