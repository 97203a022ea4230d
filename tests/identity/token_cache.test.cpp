// What is remembered of tokens, for how long, and how much of it.
#include "identity/token_cache.hpp"
#include "identity/refusal_cache.hpp"
#include "tests/identity/forged.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace troupe::identity;
using namespace troupe::identity::testing;

namespace {

const digest_salt salt{7};

verified good(const std::string& user, time_ms expires, algorithm by = algorithm::es256) {
  auto who = std::make_shared<claims>();
  who->user = user;
  who->expires = expires;
  static const std::map<algorithm, key_fingerprint> fingerprints = {
    {algorithm::es256, keys().verifying(algorithm::es256).fingerprint()},
    {algorithm::rs256, keys().verifying(algorithm::rs256).fingerprint()}};
  return {who, fingerprints.at(by)};
}

token_digest digest_number(std::uint64_t number) {
  return digest_of(std::string_view{reinterpret_cast<const char*>(&number), sizeof number}, salt);
}

} // namespace

SCENARIO("a verified token is remembered, but never beyond its expiry") {
  token_cache cache{1'000};
  const auto ring = keys().ring();
  const auto token = digest_of("ann's", salt);
  CHECK(cache.find(token, ring, now) == nullptr);
  cache.remember(token, good("ann", now + 1'000), ring, now);
  REQUIRE(cache.find(token, ring, now + 999));
  CHECK(cache.find(token, ring, now + 999)->user == "ann");
  CHECK(cache.find(digest_of("bob's", salt), ring, now) == nullptr);
  CHECK(cache.find(token, ring, now + 1'000) == nullptr);
  CHECK(cache.size() == 0);

  cache.remember(token, good("ann", now), ring, now);
  CHECK(cache.size() == 0);
}

SCENARIO("a rotation forgets the tokens of keys that are gone, and no others") {
  token_cache cache{1'000};
  const auto first = keys().ring(1);
  cache.remember(digest_number(1), good("ann", now + 1'000, algorithm::es256), first, now);
  cache.remember(digest_number(2), good("bob", now + 1'000, algorithm::rs256), first, now);
  std::vector<verification_key> kept;
  kept.push_back({"another name", keys().verifying(algorithm::es256)});
  const key_ring second{kept, 2};
  CHECK(cache.find(digest_number(1), second, now));
  CHECK_FALSE(cache.find(digest_number(2), second, now));
  CHECK_FALSE(cache.find(digest_number(2), keys().ring(3), now)); // not even when the key comes back
  CHECK(cache.find(digest_number(1), keys().ring(3), now));
  CHECK(cache.size() == 1);
}

SCENARIO("the token that was not used for the longest time makes room") {
  token_cache cache{16 * 4};
  const auto ring = keys().ring();
  // All in one part of the cache, which has room for four.
  std::vector<token_digest> tokens;
  for (std::uint64_t i = 0; tokens.size() < 5; ++i)
    if (digest_number(i).back() % 16 == 3)
      tokens.push_back(digest_number(i));
  for (std::size_t i = 0; i < 4; ++i)
    cache.remember(tokens[i], good("ann", now + 1'000), ring, now);
  CHECK(cache.find(tokens[0], ring, now));
  cache.remember(tokens[4], good("ann", now + 1'000), ring, now);
  CHECK(cache.find(tokens[0], ring, now));
  CHECK_FALSE(cache.find(tokens[1], ring, now));
  CHECK(cache.find(tokens[4], ring, now));
  CHECK(cache.size() == 4);
}

SCENARIO("a cache of none remembers nothing, and a small one no more than it may") {
  const auto ring = keys().ring();
  const auto entries_max = GENERATE(0u, 1u, 15u, 17u, 100u);
  token_cache cache{entries_max};
  for (std::uint64_t i = 0; i < 2'000; ++i)
    cache.remember(digest_number(i), good("ann", now + 1'000), ring, now);
  CHECK(cache.size() == entries_max);
}

SCENARIO("two million bad tokens neither make memory grow nor push out good ones") {
  token_cache accepted{1'000};
  refusal_cache refused{5'000};
  const auto ring = keys().ring();
  for (std::uint64_t i = 0; i < 500; ++i)
    accepted.remember(digest_number(i), good("ann", now + 3'600'000), ring, now);
  const auto held = accepted.size();
  for (std::uint64_t i = 1'000; i < 2'001'000; ++i) {
    const auto token = digest_number(i);
    if (accepted.find(token, ring, now) || refused.find(token, 1, now))
      FAIL("a token that was never seen was known");
    refused.remember(token, refusal::bad_signature, 1, now);
  }
  CHECK(refused.size(now) <= refusal_cache::slots);
  CHECK(refused.size(now) > refusal_cache::slots / 2); // it was put to use
  CHECK(accepted.size() == held);
  CHECK(held == 500);
  for (std::uint64_t i = 0; i < 500; ++i)
    REQUIRE(accepted.find(digest_number(i), ring, now));
}

SCENARIO("a refused token is remembered for a moment, under the keys of that moment") {
  refusal_cache refused{5'000};
  const auto token = digest_number(1);
  refused.remember(token, refusal::unknown_key, 4, now);
  CHECK(refused.find(token, 4, now + 4'999) == refusal::unknown_key);
  CHECK_FALSE(refused.find(token, 4, now + 5'000));
  CHECK_FALSE(refused.find(token, 5, now)); // the key may have come
  CHECK_FALSE(refused.find(digest_number(2), 4, now));
  refused.remember(token, refusal::expired, 5, now);
  CHECK(refused.find(token, 5, now) == refusal::expired);
  CHECK(refused.size(now) == 1);

  refusal_cache none{0};
  none.remember(token, refusal::expired, 1, now);
  CHECK_FALSE(none.find(token, 1, now));
}

SCENARIO("the digest of a token is that of no other, and differs with the salt") {
  CHECK(digest_of("a", salt) == digest_of("a", salt));
  CHECK(digest_of("a", salt) != digest_of("b", salt));
  CHECK(digest_of("a", salt) != digest_of("a", digest_salt{8}));
}
