// identity/token_cache.hpp
#pragma once

#include "identity/key_ring.hpp"
#include "identity/token_digest.hpp"
#include "identity/verifier.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace troupe::identity {

/// Tokens that were verified: the ones used last, by their digest.
///
/// An entry holds no longer than its token, and only while the key that signed it is among the keys.
///
/// Threading: all calls from any thread; a look-up holds the lock of one of 16 parts.
/// Limits:    `entries_max` in all; one more and the one that was not used for the longest time goes. Tokens are not kept,
///            only digests and claims, which are smaller than the longest token.
class token_cache {
public:
  explicit token_cache(std::size_t entries_max);

  /// Null when it is not known, or does not hold any more.
  std::shared_ptr<const claims> find(const token_digest& token, const key_ring& ring, time_ms now);

  /// Does nothing for a token that has expired.
  void remember(const token_digest& token, const verified& what, const key_ring& ring, time_ms now);

  std::size_t size() const;

private:
  struct entry {
    token_digest token;
    verified what;
    std::uint64_t generation; ///< Of the ring in which the key was last seen.
  };
  struct by_place {
    std::size_t operator()(const token_digest& of) const noexcept { return static_cast<std::size_t>(place_of(of)); }
  };
  struct part {
    mutable std::mutex mutex;
    std::list<entry> by_use; ///< The one used last in front.
    std::unordered_map<token_digest, std::list<entry>::iterator, by_place> by_digest;
    std::size_t entries_max = 0;
  };

  part& part_of(const token_digest& token) noexcept { return parts_[token.back() % parts_.size()]; }

  std::array<part, 16> parts_;
};

} // namespace troupe::identity
