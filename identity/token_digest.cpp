#include "identity/token_digest.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace troupe::identity {

namespace {

struct free_context {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Fetched once, as in protocol/chain.cpp: otherwise the look-up costs more than the digest.
const EVP_MD* sha256() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

} // namespace

token_digest digest_of(std::string_view token, const digest_salt& salt) {
  thread_local const std::unique_ptr<EVP_MD_CTX, free_context> context{EVP_MD_CTX_new()};
  token_digest digest{};
  if (EVP_DigestInit_ex2(context.get(), sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), salt.data(), salt.size()) != 1 ||
      EVP_DigestUpdate(context.get(), token.data(), token.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    throw std::runtime_error("OpenSSL offers no SHA-256: check its configuration (openssl list -digest-algorithms).");
  return digest;
}

} // namespace troupe::identity
