// Keys from files and documents: which are taken, which are refused, and what happens when they change.
#include "identity/key_sources.hpp"
#include "identity/key_file.hpp"
#include "tests/identity/forged.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace troupe;
using namespace troupe::identity;
using namespace troupe::identity::testing;
using Catch::Matchers::Contains;

namespace {

using config::auth_key;

auth_key secret_entry(const std::string& file) { return {.kid = "hs", .algorithm = "HS256", .secret_file = file}; }
auth_key public_entry(const std::string& file, const char* algorithm) {
  return {.kid = "k", .algorithm = algorithm, .public_key_file = file};
}
auth_key document_entry(const std::string& file, const char* algorithm) {
  return {.algorithm = algorithm, .jwks_file = file};
}

read_keys read(const auth_key& entry) { return read_key_sources({entry}, {}); }

/// The coordinates of RFC 7517, A.1, and the modulus of its RSA key.
constexpr const char* p256_jwk = R"("kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
                                 R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")";
constexpr const char* rsa_jwk =
  R"("kty":"RSA","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_)"
  R"(BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8K)"
  R"(JZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF4)"
  R"(4-csFCur-kEgU8awapJzKnqDKgw")";

std::string set_of(const std::vector<std::string>& keys) {
  std::string text = "{\"keys\":[";
  for (const auto& key : keys)
    text += (text.back() == '[' ? "{" : ",{") + key + "}";
  return text + "]}";
}

struct bad_source {
  const char* title;
  std::function<auth_key(const directory&)> entry;
  const char* field;
  const char* message;
};

const std::string good_secret(32, 's');

const bad_source bad_sources[] = {
  {"a secret that is not there", [](const directory& d) { return secret_entry((d.path() / "none").string()); },
   "secret_file", "cannot be read: No such file"},
  {"a secret of 31 bytes", [](const directory& d) { return secret_entry(d.file("s", std::string(31, 's') + '\n')); },
   "secret_file", "has 31 bytes, which is too weak"},
  {"an empty secret", [](const directory& d) { return secret_entry(d.file("s", "\n")); }, "secret_file", "is empty"},
  {"a secret that its group may read", [](const directory& d) { return secret_entry(d.file("s", good_secret, 0640)); },
   "secret_file", "chmod 600 it"},
  {"a secret that all may write", [](const directory& d) { return secret_entry(d.file("s", good_secret, 0602)); },
   "secret_file", "chmod 600 it"},
  {"a directory as secret", [](const directory& d) { return secret_entry(d.path().string()); }, "secret_file",
   "is no regular file"},
  {"an endless secret", [](const directory&) { return secret_entry("/dev/zero"); }, "secret_file",
   "is no regular file"},
  {"a secret of 65 KiB", [](const directory& d) { return secret_entry(d.file("s", std::string(65 * 1'024, 's'))); },
   "secret_file", "is longer than"},
  {"an RSA key of 1024 bits",
   [](const directory& d) { return public_entry(d.file("p", rsa_pair(1'024).public_pem), "RS256"); }, "public_key_file",
   "is an RSA key of 1024 bits"},
  {"a P-256 key for RS256",
   [](const directory& d) { return public_entry(d.file("p", keys().p256.public_pem), "RS256"); }, "public_key_file",
   "is a key of type EC, but RS256 needs one of type RSA"},
  {"an RSA key for ES256", [](const directory& d) { return public_entry(d.file("p", keys().rsa.public_pem), "ES256"); },
   "public_key_file", "is a key of type RSA, but ES256 needs"},
  {"a private key", [](const directory& d) { return public_entry(d.file("p", keys().p256.private_pem), "ES256"); },
   "public_key_file", "is a private key: a node needs the public one only"},
  {"a text as key", [](const directory& d) { return public_entry(d.file("p", "hello"), "ES256"); }, "public_key_file",
   "is no public key in PEM"},
  {"a document that is no JSON", [](const directory& d) { return document_entry(d.file("j", "hello"), "RS256"); },
   "jwks_file", "is no JWK Set"},
  {"a document that is one key",
   [](const directory& d) { return document_entry(d.file("j", '{' + std::string{p256_jwk} + '}'), "ES256"); },
   "jwks_file", "is no JWK Set"},
  {"a document without keys", [](const directory& d) { return document_entry(d.file("j", set_of({})), "RS256"); },
   "jwks_file", "has no key that can be used for RS256"},
  {"a document of secrets that all may read",
   [](const directory& d) { return document_entry(d.file("j", set_of({}), 0644), "HS256"); }, "jwks_file",
   "chmod 600 it"},
  {"a document of 257 KiB",
   [](const directory& d) { return document_entry(d.file("j", std::string(257 * 1'024, ' ')), "RS256"); }, "jwks_file",
   "is longer than"},
};

struct passed_over {
  const char* title;
  std::string key;
  const char* why;
};

const passed_over passed_over_keys[] = {
  {"another type", R"("kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"k")", "is no key that can be used"},
  {"no type", R"("kid":"k")", "is no key that can be used"},
  {"another algorithm", std::string{p256_jwk} + R"(,"kid":"k","alg":"ES384")", "its alg is not the one of this entry"},
  {"alg none", std::string{p256_jwk} + R"(,"kid":"k","alg":"none")", "its alg is not the one of this entry"},
  {"another key for another algorithm", std::string{rsa_jwk} + R"(,"kid":"k")", "is a key of type RSA"},
  {"an RSA key that says it is for ES256", std::string{rsa_jwk} + R"(,"kid":"k","alg":"ES256")",
   "is a key of type RSA"},
  {"for encryption", std::string{p256_jwk} + R"(,"kid":"k","use":"enc")", "its use is not sig"},
  {"no name", p256_jwk, "it has no kid"},
  {"an empty name", std::string{p256_jwk} + R"(,"kid":"")", "it has no kid"},
  {"a number as name", std::string{p256_jwk} + R"(,"kid":7)", "it has no kid"},
  {"a private key", std::string{p256_jwk} + R"(,"kid":"k","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE")",
   "is a private key"},
  {"a secret", R"("kty":"oct","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M","kid":"k")", "is a key of type oct"},
  {"a point off the curve",
   R"("kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","kid":"k")",
   "is no key that can be used"},
  {"a number with padding",
   R"("kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4=","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"k")",
   "has a number that is not canonical base64url"},
  {"a number with padding too soon", R"("kty":"RSA","e":"AQAB","n":"AAAAA===","kid":"k")",
   "has a number that is not canonical base64url"},
  {"a number that is none", R"("kty":"RSA","e":65537,"n":"AAAA","kid":"k")",
   "has a number that is not canonical base64url"},
  {"a name that another key has", std::string{p256_jwk} + R"(,"kid":"taken")", "another key has its kid"},
};

} // namespace

TEST_CASE("a source that is no good is refused with its name and the reason") {
  const directory where;
  const auto& bad = GENERATE(from_range(std::begin(bad_sources), std::end(bad_sources)));
  CAPTURE(bad.title);
  const auto entry = bad.entry(where);
  const auto found = read(entry);
  CHECK(found.keys.empty());
  REQUIRE(found.errors.size() == 1);
  CHECK(found.errors.front().field == bad.field);
  CHECK_THAT(found.errors.front().message, Contains(bad.message));
  const auto& name = entry.secret_file + entry.public_key_file + entry.jwks_file;
  CHECK_THAT(found.errors.front().message, Catch::StartsWith(name));
}

TEST_CASE("a key of a document that is of no use is passed over, and the others are taken") {
  const directory where;
  const auto& odd = GENERATE(from_range(std::begin(passed_over_keys), std::end(passed_over_keys)));
  CAPTURE(odd.title);
  const auto found = read(document_entry(
    where.file("j", set_of({std::string{p256_jwk} + R"(,"kid":"taken","use":"sig","alg":"ES256")", odd.key})),
    "ES256"));
  CHECK(found.errors.empty());
  REQUIRE(found.keys.size() == 1);
  CHECK(found.keys.front().kid == "taken");
  REQUIRE(found.notes.size() == 1);
  CHECK_THAT(found.notes.front().message, Contains("key 2 is passed over: ") && Contains(odd.why));
}

SCENARIO("keys are read from every kind of source") {
  const directory where;
  const auto found = read_key_sources(
    {document_entry(where.file("j", set_of({std::string{rsa_jwk} + R"(,"kid":"2011-04-29")"})), "RS256"),
     secret_entry(where.file("s", keys().secret + "\r\n")),
     public_entry(where.file("p", keys().p256.public_pem), "ES256"),
     document_entry(
       where.file("o", R"({"keys":[{"kty":"oct","kid":"o","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"}]})"),
       "HS256")},
    {});
  for (const auto& error : found.errors)
    UNSCOPED_INFO(error.message);
  CHECK(found.errors.empty());
  const key_ring ring{found.keys, 1};
  REQUIRE(ring.size() == 4);
  REQUIRE(ring.find("2011-04-29"));
  CHECK(ring.find("2011-04-29")->signs_by() == algorithm::rs256);
  REQUIRE(ring.find("hs"));
  CHECK(ring.find("hs")->fingerprint() == keys().verifying(algorithm::hs256).fingerprint());
  REQUIRE(ring.find("k"));
  CHECK(ring.find("k")->fingerprint() == keys().verifying(algorithm::es256).fingerprint());
  REQUIRE(ring.find("o"));
  CHECK(ring.find("o")->signs_by() == algorithm::hs256);
}

SCENARIO("a document cannot take a name that the operator gave to a key") {
  const directory where;
  const auto entry = public_entry(where.file("p", keys().p256.public_pem), "ES256");
  const auto found = read_key_sources(
    {document_entry(
       where.file("j", set_of({std::string{p256_jwk} + R"(,"kid":"k")", std::string{p256_jwk} + R"(,"kid":"other")"})),
       "ES256"),
     entry},
    {});
  const key_ring ring{found.keys, 1};
  CHECK(ring.find("k")->fingerprint() == keys().verifying(algorithm::es256).fingerprint());
  CHECK(ring.find("other") != nullptr);
}

SCENARIO("keys are replaced whole, and only by keys") {
  const directory where;
  const std::string url = "https://login.example/keys";
  current_keys all{
    {secret_entry(where.file("s", keys().secret)),
     {.algorithm = "ES256", .jwks_url = url},
     {.algorithm = "RS256", .jwks_file = where.file("j", set_of({std::string{rsa_jwk} + R"(,"kid":"r")"}))}}};
  CHECK(all.urls() == std::vector{url});
  CHECK(all.ring()->size() == 0);

  REQUIRE(all.reload().errors.empty());
  const auto before = all.ring();
  CHECK(before->size() == 2); // the document of the URL has not come yet
  CHECK(before->generation() == 1);

  WHEN("the same files are read again") {
    CHECK(all.reload().errors.empty());
    THEN("nothing changes") { CHECK(all.ring() == before); }
  }
  WHEN("a document comes") {
    REQUIRE(all.take_document(url, set_of({std::string{p256_jwk} + R"(,"kid":"e")"})).errors.empty());
    const auto with_document = all.ring();
    CHECK(with_document->size() == 3);
    CHECK(with_document->generation() == 2);
    THEN("it is still there after the files were read again") {
      CHECK(all.reload().errors.empty());
      CHECK(all.ring() == with_document);
    }
    THEN("one with another key takes its place") {
      REQUIRE(all.take_document(url, set_of({std::string{p256_jwk} + R"(,"kid":"f")"})).errors.empty());
      CHECK(all.ring()->find("e") == nullptr);
      CHECK(all.ring()->find("f") != nullptr);
      CHECK(all.ring()->generation() == 3);
    }
    THEN("one without a key does not") {
      for (const auto* text : {"", "<html>", "{}", "{\"keys\":[]}", "{\"keys\":{}}", "[]"}) {
        CHECK(all.take_document(url, text).errors.size() == 1);
        CHECK(all.ring() == with_document);
      }
      CHECK(all.reload().errors.empty());
      CHECK(all.ring() == with_document);
    }
  }
  WHEN("a file is gone") {
    std::filesystem::remove(where.path() / "s");
    THEN("the old keys stay, and what is wrong is said") {
      CHECK(all.reload().errors.size() == 1);
      CHECK(all.ring() == before);
    }
  }
}

SCENARIO("a fresh key is one that a node takes, in files that others cannot read") {
  const directory where;
  const auto file = (where.path() / "secret").string();
  CHECK(write_new_file(file, make_secret() + '\n', 0600).empty());
  CHECK(read(secret_entry(file)).errors.empty());
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms{077}) == std::filesystem::perms::none);
  CHECK_THAT(write_new_file(file, "x", 0600), Contains("File exists"));
}
