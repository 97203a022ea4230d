#include "identity/new_keys.hpp"

#include <cjose/base64.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace troupe::identity {

namespace {

constexpr std::size_t new_rsa_bits = 3'072;

struct free_key {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

/// What `write` puts into a buffer of OpenSSL's.
template <class Write>
std::string written(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> buffer{BIO_new(BIO_s_mem()), &BIO_free};
  char* text = nullptr;
  if (!buffer || write(buffer.get()) != 1)
    throw std::runtime_error("OpenSSL cannot write a key.");
  const auto size = BIO_get_mem_data(buffer.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

} // namespace

key_pair make_key_pair(algorithm of) {
  const std::unique_ptr<EVP_PKEY, free_key> key{of == algorithm::rs256 ? EVP_RSA_gen(new_rsa_bits)
                                                                       : EVP_EC_gen("P-256")};
  if (!key)
    throw std::runtime_error("OpenSSL cannot make a key.");
  return {written([&](BIO* into) {
            return PEM_write_bio_PrivateKey(into, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          }),
          written([&](BIO* into) { return PEM_write_bio_PUBKEY(into, key.get()); })};
}

std::string make_secret() {
  std::array<unsigned char, 32> bytes{};
  char* text = nullptr;
  std::size_t size = 0;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1 ||
      !cjose_base64url_encode(bytes.data(), bytes.size(), &text, &size, nullptr))
    throw std::runtime_error("OpenSSL gives no random bytes.");
  const std::unique_ptr<char, decltype(&std::free)> owner{text, &std::free};
  return {text, size};
}

} // namespace troupe::identity
