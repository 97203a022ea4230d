// identity/jose.hpp
//
// The few things we need of cjose (JWS, JWK) and OpenSSL (PEM), with owners. There is no JOSE and no cryptography of our
// own: only checks of form before the library sees a token (docs/adr/0015-tokens-by-cjose.md).
#pragma once

#include "identity/algorithm.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct _cjose_jwk_int;
struct json_t;

namespace troupe::identity {

/// SHA-256 over algorithm and key: the same for the same key, whatever its name and wherever it came from.
using key_fingerprint = std::array<std::uint8_t, 32>;

inline constexpr std::size_t secret_bytes_min = 32;
inline constexpr std::size_t rsa_bits_min = 2'048;
inline constexpr std::size_t rsa_bits_max = 8'192;

/// A key with the one algorithm it is good for.
///
/// Threading: immutable, may be shared.
/// Errors:    what cannot be a key comes back as the reason, to follow the name of its source.
class jose_key {
public:
  using read = std::variant<jose_key, std::string>;

  /// For HS256: at least `secret_bytes_min` bytes.
  static read from_secret(std::string_view secret);
  /// For RS256 or ES256: `-----BEGIN PUBLIC KEY-----`.
  static read from_public_pem(const std::string& pem, algorithm of);
  /// For signing by RS256 or ES256, whichever the key is made for.
  static read from_private_pem(const std::string& pem);
  /// An element of a JWK Set that was parsed. A private key is refused: it should not be where it was found.
  static read from_jwk(json_t* element, algorithm of);

  algorithm signs_by() const noexcept { return algorithm_; }
  const key_fingerprint& fingerprint() const noexcept { return fingerprint_; }
  /// Bytes of a signature by this key; one of another length is none.
  std::size_t signature_bytes() const noexcept { return signature_bytes_; }

private:
  using handle = std::shared_ptr<_cjose_jwk_int>;
  friend std::optional<std::string> verified_payload(std::string_view token, const jose_key& key);
  friend std::string sign(std::string_view header, std::string_view payload, const jose_key& key);

  jose_key(handle raw, algorithm of, key_fingerprint fingerprint, std::size_t signature_bytes)
    : raw_(std::move(raw)), algorithm_(of), fingerprint_(fingerprint), signature_bytes_(signature_bytes) {}
  static read judged(_cjose_jwk_int* raw, algorithm of);
  static read from_pem(void* evp_key, algorithm of, bool with_private);

  handle raw_;
  algorithm algorithm_;
  key_fingerprint fingerprint_;
  std::size_t signature_bytes_;
};

/// The bytes of base64url text that is written in the one canonical way: no padding, no other alphabet, no bits left over,
/// not empty. Nothing for any other text.
std::optional<std::string> canonical_base64url(std::string_view text);

/// What was signed, when the signature is good. The caller has made sure that the header names the key's algorithm, that
/// all three parts are canonical, and that the signature has the key's length: cjose looks at none of these closely enough.
std::optional<std::string> verified_payload(std::string_view token, const jose_key& key);

/// A token. `header` is a JSON object that names the key's algorithm. Throws std::runtime_error for a key that cannot sign.
std::string sign(std::string_view header, std::string_view payload, const jose_key& key);

} // namespace troupe::identity
