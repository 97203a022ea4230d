// identity/algorithm.hpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::identity {

/// How a token may be signed. There are no others, and a key has exactly one.
enum class algorithm : std::uint8_t {
  hs256, ///< HMAC with SHA-256: who can verify can also sign.
  rs256, ///< RSA (PKCS #1 v1.5) with SHA-256.
  es256, ///< ECDSA over P-256 with SHA-256.
};

/// `HS256` and so on, as in the header of a token: in upper case, nothing around it.
constexpr std::string_view name_of(algorithm what) {
  switch (what) {
  case algorithm::hs256: return "HS256";
  case algorithm::rs256: return "RS256";
  case algorithm::es256: return "ES256";
  }
  return {};
}

constexpr std::optional<algorithm> algorithm_named(std::string_view name) {
  for (const auto candidate : {algorithm::hs256, algorithm::rs256, algorithm::es256}) {
    if (name == name_of(candidate))
      return candidate;
  }
  return std::nullopt;
}

} // namespace troupe::identity
