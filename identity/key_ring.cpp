#include "identity/key_ring.hpp"

#include <algorithm>
#include <utility>

namespace troupe::identity {

key_ring::key_ring(std::vector<verification_key> keys, std::uint64_t generation) : generation_(generation) {
  for (auto& one : keys)
    keys_.emplace(std::move(one.kid), std::move(one.key));
}

const jose_key* key_ring::find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

const jose_key* key_ring::only_one(algorithm of) const {
  const jose_key* found = nullptr;
  for (const auto& [kid, key] : keys_) {
    if (key.signs_by() != of)
      continue;
    if (found != nullptr)
      return nullptr;
    found = &key;
  }
  return found;
}

std::optional<std::string> key_ring::name_of(const key_fingerprint& which) const {
  const auto found =
    std::find_if(keys_.begin(), keys_.end(), [&](const auto& one) { return one.second.fingerprint() == which; });
  return found == keys_.end() ? std::nullopt : std::optional{found->first};
}

bool key_ring::holds(const key_fingerprint& which) const { return name_of(which).has_value(); }

bool key_ring::same_keys(const key_ring& other) const {
  return std::equal(keys_.begin(), keys_.end(), other.keys_.begin(), other.keys_.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && a.second.fingerprint() == b.second.fingerprint();
                    });
}

} // namespace troupe::identity
