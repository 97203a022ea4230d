// identity/new_keys.hpp
#pragma once

#include "identity/algorithm.hpp"

#include <string>

namespace troupe::identity {

/// Two halves of a key, in PEM.
struct key_pair {
  std::string private_pem;
  std::string public_pem;
};

/// A fresh pair for RS256 (3072 bits) or ES256. Throws std::runtime_error when OpenSSL makes none.
key_pair make_key_pair(algorithm of);

/// A fresh secret for HS256: 32 random bytes as 43 characters of base64url.
std::string make_secret();

} // namespace troupe::identity
