// identity/claims.hpp
//
// What a token says of its bearer.
#pragma once

#include "config/route_trie.hpp"
#include "identity/refusal.hpp"
#include "protocol/messages.hpp"
#include "protocol/roles.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::identity {

using protocol::time_ms;

/// A role that a token can give: all but `none`.
std::optional<protocol::role> role_named(std::string_view name);

/// A role in every room whose name matches.
struct role_grant {
  std::string pattern; ///< As it was written, `support/:ticket`.
  protocol::role role = protocol::role::member;
};

/// The facts of a verified token. Nothing in it is of one connection, so all that show the same token share it.
struct claims {
  std::string user;                  ///< `sub`, a user id by protocol/names.hpp.
  std::string issuer;                ///< `iss`
  std::string audience;              ///< The one of `aud` that was asked for.
  time_ms issued = 0;                ///< `iat`
  time_ms expires = 0;               ///< `exp`
  std::optional<time_ms> not_before; ///< `nbf`
  std::string id;                    ///< `jti`, empty when there is none.
  std::vector<role_grant> roles;     ///< `troupe.roles`, in the order of the token.
  config::route_trie roles_by_room;  ///< Which of them a room has.
};

/// Bounds of what a token may hold, beside its length (`protocol::limits::token_bytes_max`).
inline constexpr std::size_t role_grants_max = 64;
inline constexpr std::size_t token_id_bytes_max = 128;

/// The role that the token gives in this room: that of the most specific pattern that matches; of two equally
/// specific ones the first. Nothing when none matches.
std::optional<protocol::role> role_in(const claims& who, std::string_view room);

/// Reads the second part of a token, whose signature is verified. Only its form is judged here: `issuer` and `audience`
/// are compared, no time is.
///
/// Needed are `iss`, `aud` (a string or a list of them), `sub`, `iat` and `exp`; `nbf`, `jti` and `troupe` may be there;
/// others are passed over. Times may have fractions. `troupe` is `{"roles": [{"room": PATTERN, "role": ROLE} …]}`: a claim
/// of ours that cannot be understood makes the token void, because it might have said `banned`.
std::variant<claims, refusal> read_claims(std::string_view json, std::string_view issuer, std::string_view audience);

} // namespace troupe::identity
