// identity/revocation.hpp
#pragma once

#include "protocol/messages.hpp"

#include <cstdint>
#include <string>

namespace troupe::identity {

/// How often a node asks the store what is new …
inline constexpr protocol::time_ms revocation_poll_ms = 1'000;
/// … so that so long after it was written a revocation holds everywhere, and the connections it concerns are closed.
inline constexpr protocol::time_ms revocation_holds_ms = 5'000;

/// Takes back one token, or all that a user was given before a time.
struct revocation {
  enum class kind : std::uint8_t { token, user };
  kind what = kind::token;
  std::string name;                 ///< The token's `jti`, or the user.
  protocol::time_ms before = 0;     ///< Of a user: tokens issued before this are void. Of a token: 0.
  protocol::time_ms keep_until = 0; ///< When the last token that it takes back has expired, and it can be forgotten.
  bool operator==(const revocation&) const = default;
};

} // namespace troupe::identity
