// identity/refusal_cache.hpp
#pragma once

#include "identity/refusal.hpp"
#include "identity/token_digest.hpp"
#include "protocol/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace troupe::identity {

/// Tokens that were refused a moment ago, so that one who knocks again and again with the same one costs no signature each
/// time. It is a table of its own and of fixed size: however many bad tokens come, they push out only one another.
///
/// Threading: all calls from any thread.
/// Limits:    `slots` entries, made at once; a new one replaces the one that ends first among the four it could be in.
class refusal_cache {
public:
  using time_ms = protocol::time_ms;
  static constexpr std::size_t slots = 16'384;

  /// Refusals are remembered for `keep_ms`; 0 = not at all.
  explicit refusal_cache(time_ms keep_ms) : keep_ms_(keep_ms), slots_(keep_ms > 0 ? slots : 0) {}

  /// Nothing when it is not known, or was refused under other keys than those of this generation.
  std::optional<refusal> find(const token_digest& token, std::uint64_t generation, time_ms now) const;

  void remember(const token_digest& token, refusal why, std::uint64_t generation, time_ms now);

  std::size_t size(time_ms now) const;

private:
  struct slot {
    token_digest token{};
    std::uint64_t generation = 0;
    time_ms until = 0;
    refusal why{};
  };
  static constexpr std::size_t ways = 4;
  static std::size_t first_of(const token_digest& token) noexcept { return place_of(token) % (slots / ways) * ways; }

  const time_ms keep_ms_;
  mutable std::mutex mutex_;
  std::vector<slot> slots_;
};

} // namespace troupe::identity
