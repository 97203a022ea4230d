#include "tests/identity/forged.hpp"

#include <catch2/catch.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <fstream>

namespace troupe::identity::testing {

std::string encoded(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const auto size =
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('='))
    text.pop_back();
  for (auto& c : text)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string decoded(std::string_view text) {
  auto bytes = canonical_base64url(text);
  REQUIRE(bytes);
  return *bytes;
}

std::string hmac(std::string_view key, std::string_view text) {
  std::string mac(32, '\0');
  unsigned size = 32;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(mac.data()), &size);
  return mac;
}

key_pair rsa_pair(unsigned bits) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(bits), &EVP_PKEY_free};
  const auto text_of = [](auto write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> into{BIO_new(BIO_s_mem()), &BIO_free};
    write(into.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(into.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  };
  return {text_of([&](BIO* b) { PEM_write_bio_PrivateKey(b, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }),
          text_of([&](BIO* b) { PEM_write_bio_PUBKEY(b, key.get()); })};
}

jose_key made(jose_key::read read) {
  if (const auto* why = std::get_if<std::string>(&read))
    FAIL("no key: " << *why);
  return std::get<jose_key>(std::move(read));
}

jose_key known_keys::signing(algorithm by) const {
  return made(by == algorithm::hs256 ? jose_key::from_secret(secret)
                                     : jose_key::from_private_pem((by == algorithm::rs256 ? rsa : p256).private_pem));
}

jose_key known_keys::verifying(algorithm by) const {
  return made(by == algorithm::hs256 ? jose_key::from_secret(secret)
                                     : jose_key::from_public_pem((by == algorithm::rs256 ? rsa : p256).public_pem, by));
}

key_ring known_keys::ring(std::uint64_t generation) const {
  std::vector<verification_key> all;
  for (const auto by : {algorithm::hs256, algorithm::rs256, algorithm::es256})
    all.push_back({kid_of(by), verifying(by)});
  return key_ring{std::move(all), generation};
}

const known_keys& keys() {
  static const known_keys all;
  return all;
}

std::string kid_of(algorithm by) { return by == algorithm::hs256 ? "hs" : by == algorithm::rs256 ? "rs" : "es"; }

token_wish anns(algorithm by) {
  token_wish wish;
  wish.kid = kid_of(by);
  wish.user = "ann";
  wish.issuer = issuer;
  wish.audience = audience;
  wish.issued = now;
  wish.expires = now + 3'600'000;
  wish.id = "token-1";
  return wish;
}

std::string anns_token(algorithm by) { return make_token(anns(by), keys().signing(by)); }

std::string signed_by_secret(std::string_view header, std::string_view claims, std::string_view secret) {
  const auto text = encoded(header) + '.' + encoded(claims);
  return text + '.' + encoded(hmac(secret, text));
}

std::string signed_by(algorithm by, std::string_view header, std::string_view claims) {
  return sign(header, claims, keys().signing(by));
}

std::string good_header(algorithm by) {
  return R"({"alg":")" + std::string{name_of(by)} + R"(","kid":")" + kid_of(by) + R"("})";
}

std::string good_claims() {
  return R"({"iss":"https://login.example","aud":"troupe","sub":"ann","iat":1700000000,"exp":1700003600})";
}

std::vector<std::string> parts_of(const std::string& token) {
  const auto first = token.find('.'), second = token.find('.', first + 1);
  return {token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

std::string joined(const std::vector<std::string>& parts) { return parts[0] + '.' + parts[1] + '.' + parts[2]; }

token_rules rules() { return {issuer, audience, 30'000, 7 * 86'400'000LL}; }

directory::directory() {
  std::string name = (std::filesystem::temp_directory_path() / "troupe-identity-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

directory::~directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string directory::file(const std::string& name, std::string_view text, unsigned mode) const {
  const auto where = path_ / name;
  std::ofstream{where, std::ios::binary} << text;
  std::filesystem::permissions(where, static_cast<std::filesystem::perms>(mode));
  return where.string();
}

} // namespace troupe::identity::testing
