// identity/key_ring.hpp
#pragma once

#include "identity/algorithm.hpp"
#include "identity/jose.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::identity {

/// A key that tokens may be signed with, under its name.
struct verification_key {
  std::string kid;
  jose_key key;
};

/// Keys per ring, from all sources together.
inline constexpr std::size_t ring_keys_max = 256;

/// An immutable set of keys, replaced whole when keys change.
///
/// Threading: immutable, may be read by any number of threads.
class key_ring {
public:
  /// Of two keys with the same `kid` the first one stays. `generation` tells two rings apart.
  key_ring(std::vector<verification_key> keys, std::uint64_t generation);

  /// By its name, which is compared and used for nothing else: never as a path, a URL or part of a query.
  const jose_key* find(std::string_view kid) const;

  /// For a token that names no key: the key of this algorithm, when there is exactly one.
  const jose_key* only_one(algorithm of) const;

  /// Is the key with this fingerprint among them, under whatever name?
  bool holds(const key_fingerprint& which) const;

  /// The name of that key, the first of them when it has several.
  std::optional<std::string> name_of(const key_fingerprint& which) const;

  /// The same keys under the same names?
  bool same_keys(const key_ring& other) const;

  std::uint64_t generation() const noexcept { return generation_; }
  std::size_t size() const noexcept { return keys_.size(); }

private:
  std::map<std::string, jose_key, std::less<>> keys_;
  std::uint64_t generation_;
};

} // namespace troupe::identity
