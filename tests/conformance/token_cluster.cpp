#include "tests/conformance/token_cluster.hpp"

#include "tests/identity/forged.hpp"
#include "tests/support/plain_http.hpp"

#include <catch2/catch.hpp>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <sys/stat.h>

#include <chrono>
#include <fstream>

namespace troupe::tests {

using identity::testing::made;

namespace {

void write(const std::filesystem::path& where, const std::string& text, mode_t mode = 0600) {
  std::ofstream{where} << text;
  ::chmod(where.c_str(), mode);
}

/// The public half of a P-256 key as the members of a JWK.
std::string coordinates_of(const std::string& public_pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text{
    BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())), &BIO_free};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
    PEM_read_bio_PUBKEY(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  std::string point(65, '\0');
  std::size_t size = 0;
  REQUIRE(EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                          reinterpret_cast<unsigned char*>(point.data()), point.size(), &size) == 1);
  REQUIRE(size == point.size());
  return R"("x":")" + identity::testing::encoded(point.substr(1, 32)) + R"(","y":")" +
         identity::testing::encoded(point.substr(33)) + '"';
}

} // namespace

published_key::published_key(std::string name)
  : kid{std::move(name)}, signing{made(identity::jose_key::from_secret(std::string(32, 's')))} {
  const auto pair = identity::make_key_pair(identity::algorithm::es256);
  signing = made(identity::jose_key::from_private_pem(pair.private_pem));
  jwk = R"({"kty":"EC","crv":"P-256","use":"sig","kid":")" + kid + R"(",)" + coordinates_of(pair.public_pem) + '}';
}

std::string key_document(const std::vector<const published_key*>& keys) {
  std::string list;
  for (const auto* key : keys)
    list += (list.empty() ? "" : ",") + key->jwk;
  return transport::testing::page(R"({"keys":[)" + list + "]}");
}

protocol::time_ms wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

token_cluster::token_cluster()
  : secret{identity::make_secret()}, p256{identity::make_key_pair(identity::algorithm::es256)},
    rsa{identity::make_key_pair(identity::algorithm::rs256)}, directory_{"troupe-tokens"},
    documents_{key_document({&first})}, config_file_{directory_ / "node.toml"} {
  write(directory_ / "secret", secret);
  write(directory_ / "es.pem", p256.public_pem);
  write(directory_ / "rs.pem", rsa.public_pem);
  const auto file = [&](const std::string& name) { return '"' + (directory_ / name).string() + '"'; };
  const auto key = [](const std::string& kid, const std::string& algorithm, const std::string& source) {
    return "[[auth.keys]]\n" + (kid.empty() ? "" : "kid = \"" + kid + "\"\n") + "algorithm = \"" + algorithm + "\"\n" +
           source + '\n';
  };
  // Documents are fetched at the start and, but for tokens with an unknown key, not again while the test runs.
  const auto config = "[auth]\nissuer = \"" + std::string{identity::testing::issuer} + "\"\naudience = \"" +
                      identity::testing::audience + "\"\njwks_refresh_s = 86400\nleeway_s = 0\nrefusal_cache_ms = 0\n" +
                      key("hs", "HS256", "secret_file = " + file("secret")) +
                      key("es", "ES256", "public_key_file = " + file("es.pem")) +
                      key("rs", "RS256", "public_key_file = " + file("rs.pem")) +
                      key("", "ES256", "jwks_url = \"" + documents_.url() + '"') +
                      "[session]\nsessions_per_user_max = 100\n[listen]\nhandshakes_per_ip_per_s = 10000\n";
  write(config_file_, "[store]\ndirectory = " + file("data") + '\n' + config);
  for (const std::string name : {"node-1", "node-2", "node-3"})
    nodes_.push_back(
      node::started({.data = directory_ / "data", .name = name, .io_threads = 1, .auth = "token", .config = config}));
  documents_.wait_for(static_cast<std::uint32_t>(nodes_.size()));
}

identity::token_wish token_cluster::wish_of(const std::string& user) const {
  identity::token_wish wish;
  wish.kid = "es";
  wish.user = user;
  wish.issuer = identity::testing::issuer;
  wish.audience = identity::testing::audience;
  wish.issued = wall_ms() - 1'000;
  wish.expires = wish.issued + 3'600'000;
  return wish;
}

std::string token_cluster::token_of(const std::string& user,
                                    const std::function<void(identity::token_wish&)>& change) const {
  auto wish = wish_of(user);
  if (change)
    change(wish);
  return make_token(wish, made(identity::jose_key::from_private_pem(p256.private_pem)));
}

std::string token_cluster::token_by(const published_key& key, const std::string& user) const {
  auto wish = wish_of(user);
  wish.kid = key.kid;
  return make_token(wish, key.signing);
}

protocol::push token_cluster::greets(live_client& who, const std::string& token) {
  return who.asks(say::hello{.token = token});
}

std::unique_ptr<live_client> token_cluster::signed_in(std::size_t node, const std::string& token) {
  auto who = std::make_unique<live_client>(at(node).where(), live_client::options{});
  const auto answer = greets(*who, token);
  INFO(shown(answer));
  REQUIRE(std::holds_alternative<hear::welcome>(answer));
  return who;
}

void token_cluster::revoke(const std::vector<std::string>& what) {
  std::vector<std::string> command{shipped_binary(), "token", "revoke", "--config", config_file_};
  command.insert(command.end(), what.begin(), what.end());
  process run{{.command = command}};
  const auto ended = run.wait();
  INFO(run.output());
  REQUIRE(ended == 0);
}

std::vector<std::uint64_t> token_cluster::polls() const {
  std::vector<std::uint64_t> all;
  for (const auto& one : nodes_) {
    const auto page = http_get(one.port(), "/metrics");
    REQUIRE(page);
    const std::string name = "\ntroupe_revocation_polls_total ";
    const auto found = page->body.find(name);
    REQUIRE(found != std::string::npos);
    all.push_back(static_cast<std::uint64_t>(std::stod(page->body.substr(found + name.size()))));
  }
  return all;
}

} // namespace troupe::tests
