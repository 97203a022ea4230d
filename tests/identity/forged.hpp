// tests/identity/forged.hpp
//
// Keys for the tests, and tokens as somebody writes them who does not ask our code.
#pragma once

#include "identity/jose.hpp"
#include "identity/mint.hpp"
#include "identity/new_keys.hpp"
#include "identity/verifier.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::identity::testing {

inline constexpr time_ms now = 1'700'000'000'000;
inline constexpr const char* issuer = "https://login.example";
inline constexpr const char* audience = "troupe";

/// base64url without padding.
std::string encoded(std::string_view bytes);
std::string decoded(std::string_view text);

/// HMAC-SHA-256.
std::string hmac(std::string_view key, std::string_view text);

/// An RSA pair of so many bits.
key_pair rsa_pair(unsigned bits);

/// The key, or a failed test with the reason.
jose_key made(jose_key::read read);

/// The same keys for all tests of a run: making one takes time.
struct known_keys {
  std::string secret = make_secret();
  key_pair rsa = make_key_pair(algorithm::rs256);
  key_pair p256 = make_key_pair(algorithm::es256);

  jose_key signing(algorithm by) const;
  jose_key verifying(algorithm by) const;
  /// kids "hs", "rs" and "es".
  key_ring ring(std::uint64_t generation = 1) const;
};
const known_keys& keys();

/// "hs", "rs" or "es".
std::string kid_of(algorithm by);

/// Ann's, good for an hour from `now`.
token_wish anns(algorithm by);
std::string anns_token(algorithm by);

/// `header` and `claims` as they stand, signed by that key's bytes under HS256 whatever the header says.
std::string signed_by_secret(std::string_view header, std::string_view claims, std::string_view secret);
/// The same, signed by the right key through the library. For headers that it takes.
std::string signed_by(algorithm by, std::string_view header, std::string_view claims);

std::string good_header(algorithm by);
std::string good_claims();

/// Header, claims, signature.
std::vector<std::string> parts_of(const std::string& token);
std::string joined(const std::vector<std::string>& parts);

token_rules rules();

/// A directory that goes when the test ends.
class directory {
public:
  directory();
  directory(const directory&) = delete;
  ~directory();
  /// Writes a file into it, readable as `mode` says; gives its path.
  std::string file(const std::string& name, std::string_view text, unsigned mode = 0600) const;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace troupe::identity::testing
