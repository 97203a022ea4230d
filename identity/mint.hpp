// identity/mint.hpp
#pragma once

#include "identity/claims.hpp"
#include "identity/jose.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::identity {

/// What a token is to say.
struct token_wish {
  std::string kid; ///< Empty: the header names no key.
  std::string user;
  std::string issuer;
  std::string audience;
  time_ms issued = 0; ///< Cut to whole seconds, as the others.
  time_ms expires = 0;
  std::string id;                                            ///< `jti`, unless empty.
  std::vector<std::pair<std::string, protocol::role>> roles; ///< Pattern and role.
};

/// Signs a token as `verifier` takes it. For tests, for measuring and for `troupe token make`: a node never makes one.
/// Throws std::runtime_error for a key that cannot sign.
std::string make_token(const token_wish& wish, const jose_key& key);

} // namespace troupe::identity
