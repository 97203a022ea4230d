// actors/resume_tokens.hpp
#pragma once

#include "identity/claims.hpp"
#include "protocol/messages.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

/// What a resume token names.
struct resumed_session {
  std::string user;
  std::string session;
  std::shared_ptr<const identity::claims> claims; ///< Of the token that let the user in; null when there was none.
};

/// Makes and reads the opaque `resume` of a `welcome`: user, session and expiry, signed with
/// HMAC-SHA-256 under a key that outlives the process. It brings along what the user's token said, so that it stands
/// in for that token until it expires or is revoked, and no longer: whoever reads it has to ask.
///
/// Threading: immutable, may be shared.
class resume_tokens {
public:
  using key = std::array<std::uint8_t, 32>;

  resume_tokens(key secret, std::int64_t lifetime_ms) : secret_(secret), lifetime_ms_(lifetime_ms) {}

  std::string make(const resumed_session& what, protocol::time_ms now) const;

  /// Nothing when it is not ours, was changed, or has expired: all the same to the client.
  std::optional<resumed_session> read(std::string_view token, protocol::time_ms now) const;

private:
  std::string sign(std::string_view payload) const;

  key secret_;
  std::int64_t lifetime_ms_;
};

} // namespace troupe::actors
