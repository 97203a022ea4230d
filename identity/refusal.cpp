#include "identity/refusal.hpp"

namespace troupe::identity {

std::string_view text_of(refusal why) {
  switch (why) {
  case refusal::too_large: return "it is longer than a token may be";
  case refusal::not_three_parts: return "it is not header.claims.signature";
  case refusal::not_canonical: return "a part is not canonical base64url";
  case refusal::bad_header: return "its header is no JSON object with alg, and kid if any, as text";
  case refusal::critical_header: return "its header asks for an extension (crit)";
  case refusal::unknown_key:
    return "no key has its kid, or it has none and the keys of its algorithm are not exactly one";
  case refusal::wrong_algorithm: return "its alg is not the one of the key";
  case refusal::bad_signature: return "its signature is not by the key";
  case refusal::bad_claims: return "its claims are not an object with iss, aud, sub, iat and exp in their forms";
  case refusal::wrong_issuer: return "it is from another issuer";
  case refusal::wrong_audience: return "it is for another audience";
  case refusal::bad_user: return "its sub is no user id (1-64 of A-Z a-z 0-9 _ . @ -)";
  case refusal::bad_roles: return "its claim troupe cannot be understood";
  case refusal::expired: return "it has expired";
  case refusal::not_yet_valid: return "it is not valid yet (nbf)";
  case refusal::issued_in_the_future: return "it was issued in the future (iat)";
  case refusal::lives_too_long: return "it lives longer than auth.token_life_s, from iat to exp";
  case refusal::revoked: return "it was revoked";
  }
  return "it is not accepted";
}

} // namespace troupe::identity
