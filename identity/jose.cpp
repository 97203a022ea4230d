#include "identity/jose.hpp"

#include "identity/json.hpp"

#include <cjose/cjose.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace troupe::identity {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};

using jws_handle = std::unique_ptr<cjose_jws_t, freed_by<cjose_jws_release>>;
using evp_handle = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using bio_handle = std::unique_ptr<BIO, freed_by<BIO_free>>;
using number_handle = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using allocated = std::unique_ptr<char, freed_by<std::free>>; // cjose's allocator is malloc unless somebody changed it.

constexpr std::size_t p256_bytes = 32;
constexpr std::size_t sha256_bytes = 32;

bio_handle reader_of(const std::string& text) {
  return bio_handle{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// A key without a passphrase: nobody is there to type one.
int no_passphrase(char*, int, int, void*) { return -1; }

/// A number of an EVP key, big-endian; padded on the left to `width` bytes when given. Empty when the key has none.
std::vector<std::uint8_t> number_of(const EVP_PKEY* key, const char* name, int width = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1)
    return {};
  const number_handle number{raw};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(raw)));
  if (BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size())) < 0)
    return {};
  return bytes;
}

cjose_jwk_t* rsa_key(const EVP_PKEY* key, bool with_private) {
  auto n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  auto e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  std::vector<std::uint8_t> d, p, q, dp, dq, qi;
  if (with_private) {
    d = number_of(key, OSSL_PKEY_PARAM_RSA_D);
    p = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
    q = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
    dp = number_of(key, OSSL_PKEY_PARAM_RSA_EXPONENT1);
    dq = number_of(key, OSSL_PKEY_PARAM_RSA_EXPONENT2);
    qi = number_of(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  }
  const auto data = [](std::vector<std::uint8_t>& bytes) { return bytes.empty() ? nullptr : bytes.data(); };
  cjose_jwk_rsa_keyspec spec{data(e), e.size(), data(n),  n.size(),  data(d),  d.size(),  data(p),  p.size(),
                             data(q), q.size(), data(dp), dp.size(), data(dq), dq.size(), data(qi), qi.size()};
  return cjose_jwk_create_RSA_spec(&spec, nullptr);
}

cjose_jwk_t* p256_key(const EVP_PKEY* key, bool with_private) {
  auto x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, p256_bytes);
  auto y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, p256_bytes);
  std::vector<std::uint8_t> d;
  if (with_private)
    d = number_of(key, OSSL_PKEY_PARAM_PRIV_KEY, p256_bytes);
  cjose_jwk_ec_keyspec spec{
    CJOSE_JWK_EC_P_256, d.empty() ? nullptr : d.data(), d.size(), x.data(), x.size(), y.data(), y.size()};
  return cjose_jwk_create_EC_spec(&spec, nullptr);
}

bool is_p256(const EVP_PKEY* key) {
  char group[32] = {};
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, nullptr) == 1 &&
         std::string_view{group} == SN_X9_62_prime256v1;
}

const char* key_type_of(algorithm of) {
  switch (of) {
  case algorithm::hs256: return "oct";
  case algorithm::rs256: return "RSA";
  case algorithm::es256: return "EC";
  }
  return "";
}

} // namespace

// -- keys -----------------------------------------------------------------------------

jose_key::read jose_key::judged(cjose_jwk_t* raw, algorithm of) {
  if (raw == nullptr)
    return std::string{"is no key that can be used for "} + std::string{name_of(of)};
  const handle owner{raw, [](cjose_jwk_t* key) { cjose_jwk_release(key); }};
  const auto bits = cjose_jwk_get_keysize(raw, nullptr);
  const char* type = cjose_jwk_name_for_kty(cjose_jwk_get_kty(raw, nullptr), nullptr);
  if (std::strcmp(type, key_type_of(of)) != 0)
    return "is a key of type " + std::string{type} + ", but " + std::string{name_of(of)} + " needs one of type " +
           key_type_of(of);
  std::size_t signature_bytes = sha256_bytes;
  if (of == algorithm::hs256) {
    if (bits < secret_bytes_min * 8)
      return "has " + std::to_string(bits / 8) + " bytes, which is too weak for HS256: at least " +
             std::to_string(secret_bytes_min) + " are needed (troupe token key --secret makes one)";
  } else if (of == algorithm::rs256) {
    if (bits < rsa_bits_min || bits > rsa_bits_max)
      return "is an RSA key of " + std::to_string(bits) + " bits: RS256 needs one of " + std::to_string(rsa_bits_min) +
             " to " + std::to_string(rsa_bits_max);
    signature_bytes = (bits + 7) / 8;
  } else {
    if (cjose_jwk_EC_get_curve(raw, nullptr) != CJOSE_JWK_EC_P_256)
      return std::string{"is a key of another curve than P-256, which ES256 needs"};
    signature_bytes = 2 * p256_bytes;
  }
  // A secret has nothing but its private part.
  const allocated written{cjose_jwk_to_json(raw, of == algorithm::hs256, nullptr)};
  key_fingerprint fingerprint{};
  const auto whole = std::string{name_of(of)} + (written ? written.get() : "");
  if (!written || EVP_Digest(whole.data(), whole.size(), fingerprint.data(), nullptr, EVP_sha256(), nullptr) != 1)
    return std::string{"cannot be used: out of memory"};
  return jose_key{owner, of, fingerprint, signature_bytes};
}

jose_key::read jose_key::from_secret(std::string_view secret) {
  if (secret.empty())
    return std::string{"is empty (troupe token key --secret makes a secret)"};
  return judged(cjose_jwk_create_oct_spec(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), nullptr),
                algorithm::hs256);
}

jose_key::read jose_key::from_pem(void* evp_key, algorithm of, bool with_private) {
  const auto* key = static_cast<EVP_PKEY*>(evp_key);
  if (EVP_PKEY_is_a(key, "RSA"))
    return judged(rsa_key(key, with_private), of);
  if (EVP_PKEY_is_a(key, "EC") && is_p256(key))
    return judged(p256_key(key, with_private), of);
  return std::string{"is a key of another kind than RSA and P-256"};
}

jose_key::read jose_key::from_public_pem(const std::string& pem, algorithm of) {
  const evp_handle key{PEM_read_bio_PUBKEY(reader_of(pem).get(), nullptr, no_passphrase, nullptr)};
  if (!key)
    return std::string{pem.find("PRIVATE KEY") != std::string::npos
                         ? "is a private key: a node needs the public one only (openssl pkey -pubout)"
                         : "is no public key in PEM: it begins with -----BEGIN PUBLIC KEY-----"};
  return from_pem(key.get(), of, false);
}

jose_key::read jose_key::from_private_pem(const std::string& pem) {
  const evp_handle key{PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, no_passphrase, nullptr)};
  if (!key)
    return std::string{"is no private key in PEM without a passphrase"};
  return from_pem(key.get(), EVP_PKEY_is_a(key.get(), "RSA") ? algorithm::rs256 : algorithm::es256, true);
}

jose_key::read jose_key::from_jwk(json_t* element, algorithm of) {
  if (of != algorithm::hs256 && json_object_get(element, "d") != nullptr)
    return std::string{"is a private key, which must not be where nodes read it"};
  for (const auto* name : {"n", "e", "x", "y", "k", "d", "p", "q", "dp", "dq", "qi"}) {
    const auto number = text_of(element, name);
    if (json_object_get(element, name) != nullptr && (!number || !canonical_base64url(*number)))
      return std::string{"has a number that is not canonical base64url"};
  }
  // Without its name: the same key under another one has the same fingerprint.
  const json_handle nameless{json_copy(element)};
  json_object_del(nameless.get(), "kid");
  return judged(cjose_jwk_import_json(nameless.get(), nullptr), of);
}

// -- tokens ---------------------------------------------------------------------------

std::optional<std::string> canonical_base64url(std::string_view text) {
  // cjose ends the process over text that ends with '=' at the wrong place, so it never sees one.
  const bool in_alphabet = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (text.empty() || !in_alphabet || !cjose_base64url_decode(text.data(), text.size(), &bytes, &size, nullptr))
    return std::nullopt;
  const allocated owner{reinterpret_cast<char*>(bytes)};
  char* again = nullptr;
  std::size_t again_size = 0;
  if (size == 0 || !cjose_base64url_encode(bytes, size, &again, &again_size, nullptr))
    return std::nullopt;
  const allocated again_owner{again};
  if (std::string_view{again, again_size} != text)
    return std::nullopt;
  return std::string{owner.get(), size};
}

std::optional<std::string> verified_payload(std::string_view token, const jose_key& key) {
  const jws_handle read{cjose_jws_import(token.data(), token.size(), nullptr)};
  if (!read || !cjose_jws_verify(read.get(), key.raw_.get(), nullptr))
    return std::nullopt;
  std::uint8_t* payload = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(read.get(), &payload, &size, nullptr))
    return std::nullopt;
  return std::string{reinterpret_cast<const char*>(payload), size};
}

std::string sign(std::string_view header, std::string_view payload, const jose_key& key) {
  const auto parsed = parse_object(header);
  cjose_err why{};
  const jws_handle made{parsed
                          ? cjose_jws_sign(key.raw_.get(), parsed.get(),
                                           reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(), &why)
                          : nullptr};
  const char* text = nullptr;
  if (!made || !cjose_jws_export(made.get(), &text, &why))
    throw std::runtime_error(std::string{"a token cannot be signed with this key: "} +
                             (why.message ? why.message : "its header is no JSON object"));
  return text;
}

} // namespace troupe::identity
