// identity/revocations.hpp
#pragma once

#include "identity/claims.hpp"
#include "identity/revocation.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <span>
#include <string>

namespace troupe::identity {

/// The revocations that hold, in memory. What is durable is in the store; a node asks it again and again and adds what
/// is new here.
///
/// Threading: all calls from any thread. While nothing is revoked, asking costs one atomic load.
/// Limits:    `entries_max`. Full of what still holds, `add` refuses: an old revocation is never given up for a new one.
class revocations {
public:
  explicit revocations(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Adds, or sharpens the one of the same name: the later `before` and `keep_until` hold. Forgets what may be forgotten
  /// at `now`. False when one did not find room.
  bool add(std::span<const revocation> entries, time_ms now);

  /// True when the token was taken back, by its id or by its user and time.
  bool revoked(const claims& who) const;

  std::size_t size() const;

  /// Rises with every `add` that changed something: whoever watches live connections needs to look through them only
  /// when it did.
  std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }

private:
  struct entry {
    time_ms before = 0;
    time_ms keep_until = 0;
  };
  using by_name = std::map<std::string, entry, std::less<>>;

  bool add_one(const revocation& what);

  const std::size_t entries_max_;
  mutable std::shared_mutex mutex_;
  by_name tokens_, users_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::uint64_t> changes_{0};
};

} // namespace troupe::identity
