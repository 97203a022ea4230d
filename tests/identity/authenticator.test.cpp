// The verifier with its memory and the revocations.
#include "identity/authenticator.hpp"
#include "tests/identity/forged.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::identity;
using namespace troupe::identity::testing;

namespace {

constexpr auto es = algorithm::es256;

struct gate_with_keys {
  directory where;
  config::auth_options options;
  std::shared_ptr<current_keys> all;
  std::unique_ptr<authenticator> gate;

  gate_with_keys() {
    options.issuer = issuer;
    options.audience = audience;
    write(keys().p256.public_pem);
    all = std::make_shared<current_keys>(std::vector{
      config::auth_key{.kid = "es", .algorithm = "ES256", .public_key_file = (where.path() / "p").string()}});
    REQUIRE(all->reload().errors.empty());
    gate = std::make_unique<authenticator>(options, all, digest_salt{});
  }
  void write(const std::string& pem) const { where.file("p", pem); }
};

const claims* who(const std::optional<verdict>& answer) {
  const auto* found = answer ? std::get_if<std::shared_ptr<const claims>>(&*answer) : nullptr;
  return found ? found->get() : nullptr;
}

std::optional<refusal> why(const std::optional<verdict>& answer) {
  const auto* found = answer ? std::get_if<refusal>(&*answer) : nullptr;
  return found ? std::optional{*found} : std::nullopt;
}

} // namespace

SCENARIO("a token is verified once and then known") {
  const gate_with_keys with;
  auto& gate = *with.gate;
  const auto token = anns_token(es);
  CHECK_FALSE(gate.recall(token, now));
  const auto verified = gate.verify(token, now);
  REQUIRE(who(verified));
  REQUIRE(who(gate.recall(token, now)));
  CHECK(who(gate.recall(token, now)) == who(verified)); // the same claims, shared
  CHECK_FALSE(gate.recall(token, now + 3'600'000));     // expired: the verifier has to say, within the leeway
  CHECK(who(gate.verify(token, now + 3'600'000)));
  CHECK(why(gate.verify(token, now + 3'630'000)) == refusal::expired);
}

SCENARIO("a bad token is refused once by its signature and then from memory") {
  const gate_with_keys with;
  auto& gate = *with.gate;
  auto wish = anns(es);
  const auto token = make_token(wish, made(jose_key::from_private_pem(make_key_pair(es).private_pem)));
  CHECK_FALSE(gate.recall(token, now));
  CHECK(why(gate.verify(token, now)) == refusal::bad_signature);
  CHECK(why(gate.recall(token, now + 4'999)) == refusal::bad_signature);
  CHECK_FALSE(gate.recall(token, now + 5'000));
}

SCENARIO("a token of a key that is not there is told of, once each time it is judged") {
  const gate_with_keys with;
  int told = 0;
  with.gate->when_key_is_unknown([&] { ++told; });
  auto wish = anns(es);
  with.gate->verify(make_token(wish, keys().signing(es)), now);
  with.gate->verify(signed_by(es, good_header(es), "{}"), now);
  CHECK(told == 0);
  wish.kid = "next";
  const auto next = make_token(wish, keys().signing(es));
  CHECK(why(with.gate->verify(next, now)) == refusal::unknown_key);
  CHECK(told == 1);
  CHECK(why(with.gate->recall(next, now)) == refusal::unknown_key);
  CHECK(told == 1);
}

SCENARIO("what is too long or nothing at all is refused without a digest") {
  const gate_with_keys with;
  CHECK(why(with.gate->recall(std::string(1 << 20, 'A'), now)) == refusal::too_large);
  CHECK(why(with.gate->recall("", now)) == refusal::not_three_parts);
  CHECK(why(with.gate->verify(std::string(1 << 20, 'A'), now)) == refusal::too_large);
  CHECK(with.gate->refusals().size(now) == 0);
}

SCENARIO("a revocation holds at once, for tokens in memory and for people who are connected") {
  const gate_with_keys with;
  auto& gate = *with.gate;
  const auto token = anns_token(es);
  const auto known = gate.verify(token, now);
  const auto& ann = *who(known);
  CHECK_FALSE(gate.objection(ann, now));
  const auto what = GENERATE(revocation{revocation::kind::token, "token-1", 0, now + 1'000},
                             revocation{revocation::kind::user, "ann", now + 1, now + 1'000});
  REQUIRE(gate.revoked().add({&what, 1}, now));
  CHECK(why(gate.recall(token, now)) == refusal::revoked);
  CHECK(why(gate.verify(token, now)) == refusal::revoked);
  CHECK(gate.objection(ann, now) == refusal::revoked);
}

SCENARIO("somebody who is connected is let be until the token has expired, give or take the leeway") {
  const gate_with_keys with;
  const auto known = with.gate->verify(anns_token(es), now);
  CHECK_FALSE(with.gate->objection(*who(known), now + 3'629'999));
  CHECK(with.gate->objection(*who(known), now + 3'630'000) == refusal::expired);
}

SCENARIO("after a rotation the old key's tokens are refused, and what was refused may be good") {
  const gate_with_keys with;
  auto& gate = *with.gate;
  const auto next = make_key_pair(es);
  const auto old_token = anns_token(es);
  const auto new_token = make_token(anns(es), made(jose_key::from_private_pem(next.private_pem)));
  REQUIRE(who(gate.verify(old_token, now)));
  REQUIRE(why(gate.verify(new_token, now)) == refusal::bad_signature);
  with.write(next.public_pem);
  REQUIRE(gate.keys().reload().errors.empty());
  CHECK_FALSE(gate.recall(old_token, now));
  CHECK(why(gate.verify(old_token, now)) == refusal::bad_signature);
  CHECK_FALSE(gate.recall(new_token, now));
  CHECK(who(gate.verify(new_token, now)));
}
