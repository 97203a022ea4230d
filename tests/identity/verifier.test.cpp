// Which tokens are accepted, and which are not, each for its one reason.
#include "tests/identity/forged.hpp"

#include "protocol/limits.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace troupe;
using namespace troupe::identity;
using namespace troupe::identity::testing;

namespace {

std::variant<verified, refusal> judged(const std::string& token, const key_ring& ring, time_ms at = now) {
  return verifier{rules(), nullptr}.verify(token, ring, at);
}

std::variant<verified, refusal> judged(const std::string& token, time_ms at = now) {
  return judged(token, keys().ring(), at);
}

refusal refused(const std::variant<verified, refusal>& result) {
  REQUIRE(std::holds_alternative<refusal>(result));
  return std::get<refusal>(result);
}

const claims& accepted(const std::variant<verified, refusal>& result) {
  if (const auto* why = std::get_if<refusal>(&result))
    FAIL("refused: " << text_of(*why));
  return *std::get<verified>(result).who;
}

constexpr auto hs = algorithm::hs256;
constexpr auto rs = algorithm::rs256;
constexpr auto es = algorithm::es256;

struct forgery {
  const char* title;
  refusal why;
  std::function<std::string()> token;
};

/// Signed rightly by HS256; the header alone is strange.
std::string with_header(std::string_view header) { return signed_by_secret(header, good_claims(), keys().secret); }

/// Signed rightly by ES256; the claims alone are strange.
std::string with_claims(std::string_view claims) { return signed_by(es, good_header(es), claims); }

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

/// The claims of ann with one of them written otherwise.
std::string claims_with(std::string_view what, std::string_view by) {
  return with_claims(replaced(good_claims(), what, by));
}

std::string with_signature(algorithm by, const std::function<std::string(std::string)>& change) {
  auto parts = parts_of(anns_token(by));
  parts[2] = encoded(change(decoded(parts[2])));
  return joined(parts);
}

std::string alg_none(std::string_view spelling, std::string_view signature) {
  return encoded(R"({"alg":")" + std::string{spelling} + R"("})") + '.' + encoded(good_claims()) + '.' +
         std::string{signature};
}

/// A character of base64url whose last bits carry nothing, replaced by one that differs only in these.
std::string with_trailing_bits(std::string token) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  token.back() = alphabet[alphabet.find(token.back()) ^ 1];
  return token;
}

const forgery forgeries[] = {
  // -- no signature at all
  {"alg none, unsigned", refusal::not_canonical, [] { return alg_none("none", ""); }},
  {"alg none with a signature", refusal::wrong_algorithm, [] { return alg_none("none", "AAAA"); }},
  {"alg None", refusal::wrong_algorithm, [] { return alg_none("None", "AAAA"); }},
  {"alg NONE", refusal::wrong_algorithm, [] { return alg_none("NONE", "AAAA"); }},
  {"alg nOnE", refusal::wrong_algorithm, [] { return alg_none("nOnE", "AAAA"); }},
  {"alg none with a space", refusal::wrong_algorithm, [] { return alg_none("none ", "AAAA"); }},
  {"an empty alg", refusal::wrong_algorithm, [] { return alg_none("", "AAAA"); }},
  {"alg null", refusal::bad_header, [] { return with_header(R"({"alg":null,"kid":"hs"})"); }},
  {"alg as a list", refusal::bad_header, [] { return with_header(R"({"alg":["HS256"],"kid":"hs"})"); }},
  {"alg missing", refusal::bad_header, [] { return with_header(R"({"kid":"hs"})"); }},
  {"alg none under the kid of a secret", refusal::wrong_algorithm,
   [] { return with_header(R"({"alg":"none","kid":"hs"})"); }},
  // -- one key, one algorithm
  {"HS256 with the text of the RSA key as secret", refusal::wrong_algorithm,
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"rs"})", good_claims(), keys().rsa.public_pem); }},
  {"HS256 with the text of the P-256 key as secret", refusal::wrong_algorithm,
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"es"})", good_claims(), keys().p256.public_pem); }},
  {"RS256 by kid, signed by the P-256 key", refusal::bad_signature,
   [] { return replaced(anns_token(es), parts_of(anns_token(es))[0], encoded(R"({"alg":"RS256","kid":"rs"})")); }},
  {"HS512 with the right secret", refusal::wrong_algorithm,
   [] { return with_header(R"({"alg":"HS512","kid":"hs"})"); }},
  {"PS256 with the right RSA key", refusal::wrong_algorithm,
   [] { return signed_by(rs, R"({"alg":"PS256","kid":"rs"})", good_claims()); }},
  {"RS512 with the right RSA key", refusal::wrong_algorithm,
   [] { return signed_by(rs, R"({"alg":"RS512","kid":"rs"})", good_claims()); }},
  {"the right algorithm in small letters", refusal::wrong_algorithm,
   [] { return with_header(R"({"alg":"hs256","kid":"hs"})"); }},
  {"ES256 that names the secret", refusal::wrong_algorithm,
   [] { return with_header(R"({"alg":"ES256","kid":"hs"})"); }},
  // -- kid is a name among names
  {"an unknown kid", refusal::unknown_key, [] { return with_header(R"({"alg":"HS256","kid":"other"})"); }},
  {"an empty kid", refusal::unknown_key, [] { return with_header(R"({"alg":"HS256","kid":""})"); }},
  {"a path as kid", refusal::unknown_key,
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"../../../../dev/null"})", good_claims(), ""); }},
  {"a device as kid", refusal::unknown_key,
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"/proc/self/environ"})", good_claims(), ""); }},
  {"SQL as kid", refusal::unknown_key,
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"x' UNION SELECT 'secret' --"})", good_claims(), "secret"); }},
  {"a command as kid", refusal::unknown_key, [] { return with_header(R"({"alg":"HS256","kid":"hs|id"})"); }},
  {"a URL as kid", refusal::unknown_key,
   [] { return with_header(R"({"alg":"HS256","kid":"http://127.0.0.1:1/key"})"); }},
  {"the kid and a NUL", refusal::bad_header, [] { return with_header(R"({"alg":"HS256","kid":"hs\u0000"})"); }},
  {"a number as kid", refusal::bad_header, [] { return with_header(R"({"alg":"HS256","kid":1})"); }},
  {"a kid of 4 KiB", refusal::unknown_key,
   [] { return with_header(R"({"alg":"HS256","kid":")" + std::string(4'096, 'k') + R"("})"); }},
  // -- keys that the token brings with it
  {"its own key (jwk)", refusal::unknown_key,
   [] {
     return signed_by_secret(R"({"alg":"HS256","kid":"mine","jwk":{"kty":"oct","k":"AAAA"}})", good_claims(),
                             std::string(3, '\0'));
   }},
  {"a crit header", refusal::critical_header,
   [] { return with_header(R"({"alg":"HS256","kid":"hs","crit":["exp"]})"); }},
  {"an empty crit header", refusal::critical_header,
   [] { return with_header(R"({"alg":"HS256","kid":"hs","crit":[]})"); }},
  {"b64 false under crit", refusal::critical_header,
   [] { return with_header(R"({"alg":"HS256","kid":"hs","b64":false,"crit":["b64"]})"); }},
  // -- the form
  {"nothing", refusal::not_three_parts, [] { return std::string{}; }},
  {"one part", refusal::not_three_parts, [] { return std::string{"token"}; }},
  {"two dots alone", refusal::not_canonical, [] { return std::string{".."}; }},
  {"an empty header", refusal::not_canonical, [] { return '.' + parts_of(anns_token(es))[1] + ".AAAA"; }},
  {"empty claims", refusal::not_canonical, [] { return parts_of(anns_token(es))[0] + "..AAAA"; }},
  {"an empty signature", refusal::not_canonical,
   [] { return parts_of(anns_token(es))[0] + '.' + parts_of(anns_token(es))[1] + '.'; }},
  {"a dot at the end", refusal::not_three_parts, [] { return anns_token(es) + '.'; }},
  {"five parts, as if encrypted", refusal::not_three_parts, [] { return anns_token(es) + ".AAAA.AAAA"; }},
  {"a space before it", refusal::not_canonical, [] { return ' ' + anns_token(es); }},
  {"a line end after it", refusal::not_canonical, [] { return anns_token(es) + '\n'; }},
  {"Bearer before it", refusal::not_canonical, [] { return "Bearer " + anns_token(es); }},
  {"a NUL after it", refusal::not_canonical, [] { return anns_token(es) + '\0'; }},
  {"padding", refusal::not_canonical, [] { return anns_token(es) + "=="; }},
  {"padding in the header", refusal::not_canonical,
   [] {
     auto parts = parts_of(with_header(R"({"alg":"HS256","kid":"hs" })"));
     return joined({parts[0] + '=', parts[1], parts[2]});
   }},
  {"padding too soon", refusal::not_canonical,
   [] {
     return joined({"AAAAA===", "AAAAA===", "AAAAA==="});
   }},
  {"bits left over at the end", refusal::not_canonical, [] { return with_trailing_bits(anns_token(es)); }},
  {"the alphabet of plain base64", refusal::not_canonical,
   [] {
     auto token = with_signature(es, [](std::string) { return std::string(64, '\xff'); });
     std::replace(token.begin(), token.end(), '_', '/');
     return token;
   }},
  {"a length that base64 cannot have", refusal::not_canonical, [] { return anns_token(hs) + "AA"; }},
  {"1 MiB", refusal::too_large, [] { return std::string(1 << 20, 'A'); }},
  {"1 MiB of dots", refusal::too_large, [] { return std::string(1 << 20, '.'); }},
  {"one byte above 8 KiB", refusal::too_large,
   [] { return anns_token(es) + std::string(protocol::limits::token_bytes_max + 1 - anns_token(es).size(), 'A'); }},
  {"a header that is no JSON", refusal::bad_header, [] { return with_header("alg=HS256"); }},
  {"a header that is a list", refusal::bad_header, [] { return with_header(R"(["HS256"])"); }},
  {"a header with a tail", refusal::bad_header, [] { return with_header(R"({"alg":"HS256","kid":"hs"}{})"); }},
  {"alg twice", refusal::bad_header, [] { return with_header(R"({"alg":"none","alg":"HS256","kid":"hs"})"); }},
  {"kid twice", refusal::bad_header, [] { return with_header(R"({"alg":"HS256","kid":"x","kid":"hs"})"); }},
  {"kid twice, once escaped", refusal::bad_header,
   [] { return with_header(R"({"alg":"HS256","k\u0069d":"x","kid":"hs"})"); }},
  {"a header that is no UTF-8", refusal::bad_header,
   [] { return with_header("{\"alg\":\"HS256\",\"kid\":\"hs\",\"x\":\"\xff\"}"); }},
  {"a header of 2000 nested lists", refusal::bad_header,
   [] {
     return with_header(R"({"alg":"HS256","kid":"hs","x":)" + std::string(2'200, '[') + std::string(2'200, ']') + '}');
   }},
  // -- the signature
  {"a signature by another secret", refusal::bad_signature,
   [] { return signed_by_secret(good_header(hs), good_claims(), make_secret()); }},
  {"a signature by no secret", refusal::bad_signature,
   [] { return signed_by_secret(good_header(hs), good_claims(), ""); }},
  {"another's claims under one's own signature", refusal::bad_signature,
   [] {
     auto parts = parts_of(anns_token(es));
     parts[1] = encoded(replaced(good_claims(), "ann", "bob"));
     return joined(parts);
   }},
  {"a bit turned", refusal::bad_signature,
   [] { return with_signature(rs, [](std::string s) { return s[9] ^= 1, s; }); }},
  {"HS256 cut short", refusal::bad_signature,
   [] { return with_signature(hs, [](std::string s) { return s.substr(0, 16); }); }},
  {"HS256 of one byte", refusal::bad_signature,
   [] { return with_signature(hs, [](std::string s) { return s.substr(0, 1); }); }},
  {"HS256 with a tail", refusal::bad_signature,
   [] { return with_signature(hs, [](std::string s) { return s + 'x'; }); }},
  {"ES256 of zeros", refusal::bad_signature,
   [] { return with_signature(es, [](std::string) { return std::string(64, '\0'); }); }},
  {"ES256 of 63 bytes", refusal::bad_signature,
   [] { return with_signature(es, [](std::string s) { return s.substr(0, 63); }); }},
  {"ES256 with zeros before r and s", refusal::bad_signature,
   [] { return with_signature(es, [](std::string s) { return '\0' + s.substr(0, 32) + '\0' + s.substr(32); }); }},
  {"ES256 in DER", refusal::bad_signature,
   [] {
     return with_signature(
       es, [](std::string s) { return "\x30\x44\x02\x20" + s.substr(0, 32) + "\x02\x20" + s.substr(32); });
   }},
  {"RS256 with a zero before it", refusal::bad_signature,
   [] { return with_signature(rs, [](std::string s) { return '\0' + s; }); }},
  // -- the claims
  {"claims that are no JSON", refusal::bad_claims, [] { return with_claims("ann"); }},
  {"claims that are a list", refusal::bad_claims, [] { return with_claims("[]"); }},
  {"sub twice", refusal::bad_claims, [] { return claims_with(R"("sub":"ann")", R"("sub":"bob","sub":"ann")"); }},
  {"a name twice deep inside", refusal::bad_claims,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","x":{"y":1,"y":2})"); }},
  {"no iss", refusal::bad_claims, [] { return claims_with(R"("iss":"https://login.example",)", ""); }},
  {"another iss", refusal::wrong_issuer, [] { return claims_with("https://login.example", "https://login.example/"); }},
  {"iss as a list", refusal::bad_claims,
   [] { return claims_with(R"("https://login.example")", R"(["https://login.example"])"); }},
  {"no aud", refusal::bad_claims, [] { return claims_with(R"("aud":"troupe",)", ""); }},
  {"another aud", refusal::wrong_audience, [] { return claims_with(R"("troupe")", R"("troupes")"); }},
  {"an aud in other letters", refusal::wrong_audience, [] { return claims_with(R"("troupe")", R"("Troupe")"); }},
  {"an empty list as aud", refusal::wrong_audience, [] { return claims_with(R"("troupe")", "[]"); }},
  {"others as aud", refusal::wrong_audience, [] { return claims_with(R"("troupe")", R"(["a","b"])"); }},
  {"aud with a number", refusal::bad_claims, [] { return claims_with(R"("troupe")", R"(["troupe",1])"); }},
  {"no sub", refusal::bad_claims, [] { return claims_with(R"("sub":"ann",)", ""); }},
  {"an empty sub", refusal::bad_user, [] { return claims_with(R"("ann")", R"("")"); }},
  {"a number as sub", refusal::bad_claims, [] { return claims_with(R"("ann")", "7"); }},
  {"a sub with a space", refusal::bad_user, [] { return claims_with("ann", "ann bob"); }},
  {"a sub with a slash", refusal::bad_user, [] { return claims_with("ann", "ann/bob"); }},
  {"a sub with a colon", refusal::bad_user, [] { return claims_with("ann", "dm:ann"); }},
  {"a sub with a letter that looks like one of ours", refusal::bad_user,
   [] { return claims_with("ann", "\xd0\xb0nn"); }},
  {"a sub of 65", refusal::bad_user, [] { return claims_with("ann", std::string(65, 'a')); }},
  {"no exp", refusal::bad_claims, [] { return claims_with(R"(,"exp":1700003600)", ""); }},
  {"exp as text", refusal::bad_claims, [] { return claims_with("1700003600", R"("1700003600")"); }},
  {"exp null", refusal::bad_claims, [] { return claims_with("1700003600", "null"); }},
  {"a negative exp", refusal::bad_claims, [] { return claims_with("1700003600", "-1"); }},
  {"exp beyond all integers", refusal::bad_claims, [] { return claims_with("1700003600", "99999999999999999999"); }},
  {"exp at infinity", refusal::bad_claims, [] { return claims_with("1700003600", "1e400"); }},
  {"exp beyond the year 9999", refusal::bad_claims, [] { return claims_with("1700003600", "1e300"); }},
  {"no iat", refusal::bad_claims, [] { return claims_with(R"("iat":1700000000,)", ""); }},
  {"iat in the future", refusal::issued_in_the_future, [] { return claims_with("1700000000", "1700000031"); }},
  {"a life of 8 days", refusal::lives_too_long, [] { return claims_with("1700003600", "1700691200"); }},
  {"nbf in the future", refusal::not_yet_valid,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","nbf":1700000031)"); }},
  {"nbf as text", refusal::bad_claims, [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","nbf":"0")"); }},
  {"a jti of 129 bytes", refusal::bad_claims,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","jti":")" + std::string(129, 'j') + '"'); }},
  {"a jti that is a number", refusal::bad_claims,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","jti":1)"); }},
  {"an unknown role", refusal::bad_roles,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","troupe":{"roles":[{"room":"a","role":"king"}]})"); }},
  {"roles that are no list", refusal::bad_roles,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","troupe":{"roles":{"room":"a","role":"owner"}})"); }},
  {"a claim troupe that is no object", refusal::bad_roles,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","troupe":"owner")"); }},
  {"a pattern that is none", refusal::bad_roles,
   [] { return claims_with(R"("sub":"ann")", R"("sub":"ann","troupe":{"roles":[{"room":"*a/b","role":"owner"}]})"); }},
};

} // namespace

TEST_CASE("a forged or unfit token is refused for its own reason") {
  const auto& what = GENERATE(from_range(std::begin(forgeries), std::end(forgeries)));
  CAPTURE(what.title);
  const auto result = judged(what.token());
  REQUIRE(std::holds_alternative<refusal>(result));
  CHECK(text_of(std::get<refusal>(result)) == text_of(what.why));
}

SCENARIO("a token is accepted under the one algorithm of its key") {
  const auto by = GENERATE(hs, rs, es);
  CAPTURE(name_of(by));
  const auto result = judged(anns_token(by));
  const auto& who = accepted(result);
  CHECK(who.user == "ann");
  CHECK(who.issuer == issuer);
  CHECK(who.audience == audience);
  CHECK(who.issued == now);
  CHECK(who.expires == now + 3'600'000);
  CHECK(who.id == "token-1");
  CHECK(std::get<verified>(result).by == keys().verifying(by).fingerprint());
}

SCENARIO("a token without a kid is accepted when exactly one key has its algorithm") {
  const auto by = GENERATE(hs, rs, es);
  auto wish = anns(by);
  wish.kid.clear();
  const auto token = make_token(wish, keys().signing(by));
  accepted(judged(token));

  std::vector<verification_key> two;
  two.push_back({"one", keys().verifying(by)});
  two.push_back({"two", keys().verifying(by)});
  CHECK(refused(judged(token, key_ring{two, 1})) == refusal::unknown_key);
  CHECK(refused(judged(token, key_ring{{}, 1})) == refusal::unknown_key);
}

SCENARIO("what a token says of where its key is to be found means nothing") {
  const std::string header =
    R"({"alg":"HS256","kid":"hs","jku":"http://127.0.0.1:1/jwks","x5u":"http://127.0.0.1:1/c",)"
    R"("jwk":{"kty":"oct","k":"AAAA"},"x5c":["AAAA"],"typ":"anything"})";
  accepted(judged(with_header(header)));
  CHECK(refused(judged(signed_by_secret(header, good_claims(), std::string(3, '\0')))) == refusal::bad_signature);
}

SCENARIO("a token holds between its times, give or take the leeway") {
  auto wish = anns(hs);
  const auto token = make_token(wish, keys().signing(hs));
  const auto later = with_claims(replaced(good_claims(), R"("sub":"ann")", R"("sub":"ann","nbf":1700000100.5)"));
  accepted(judged(token, now - 30'000));
  CHECK(refused(judged(token, now - 30'001)) == refusal::issued_in_the_future);
  accepted(judged(token, now + 3'600'000 + 29'999));
  CHECK(refused(judged(token, now + 3'600'000 + 30'000)) == refusal::expired);
  CHECK(refused(judged(later, now + 70'499)) == refusal::not_yet_valid);
  accepted(judged(later, now + 70'500));
  accepted(judged(claims_with("1700003600", "1700604800"))); // seven days and no more
}

SCENARIO("the audience may be one of several") {
  accepted(judged(claims_with(R"("troupe")", R"(["other","troupe"])")));
}

SCENARIO("a rotated key ends its tokens") {
  std::vector<verification_key> others;
  others.push_back({"es", made(jose_key::from_public_pem(make_key_pair(es).public_pem, es))});
  CHECK(refused(judged(anns_token(es), key_ring{others, 2})) == refusal::bad_signature);
}

SCENARIO("a token as long as a token may be is judged") {
  const auto padding = [&](std::size_t bytes) {
    return signed_by_secret(
      good_header(hs),
      replaced(good_claims(), R"("sub":"ann")", R"("sub":"ann","x":")" + std::string(bytes, 'x') + '"'), keys().secret);
  };
  std::size_t bytes = 5'000;
  while (padding(bytes + 1).size() <= protocol::limits::token_bytes_max)
    ++bytes;
  accepted(judged(padding(bytes)));
  CHECK(refused(judged(padding(bytes + 3))) == refusal::too_large);
}

SCENARIO("no change of a single byte of a token makes another token good") {
  const auto by = GENERATE(hs, es);
  const auto token = anns_token(by);
  const auto ring = keys().ring();
  std::size_t good = 0;
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char c :
         {'A', '_', '.', '=', '\0', static_cast<char>(token[at] ^ 1), static_cast<char>(token[at] ^ 0x20)}) {
      auto changed = token;
      changed[at] = c;
      if (changed != token && std::holds_alternative<verified>(judged(changed, ring)))
        ++good;
    }
  }
  CHECK(good == 0);
}
