// Tokens that were taken back.
#include "identity/revocations.hpp"
#include "tests/identity/forged.hpp"

#include <catch2/catch.hpp>

using namespace troupe::identity;
using namespace troupe::identity::testing;

namespace {

claims token_of(const std::string& user, const std::string& id, time_ms issued) {
  claims who;
  who.user = user;
  who.id = id;
  who.issued = issued;
  return who;
}

revocation of_token(const std::string& id, time_ms keep_until = now + 1'000) {
  return {revocation::kind::token, id, 0, keep_until};
}
revocation of_user(const std::string& user, time_ms before, time_ms keep_until = now + 1'000) {
  return {revocation::kind::user, user, before, keep_until};
}

} // namespace

SCENARIO("a token is revoked by its id, whoever has it, and no other") {
  revocations set{10};
  const std::vector one{of_token("t1")};
  CHECK(set.add(one, now));
  CHECK(set.revoked(token_of("ann", "t1", now)));
  CHECK_FALSE(set.revoked(token_of("ann", "t2", now)));
  CHECK_FALSE(set.revoked(token_of("ann", "", now)));
  CHECK_FALSE(set.revoked(token_of("t1", "", now))); // a user of that name
}

SCENARIO("a user's tokens are revoked up to a time") {
  revocations set{10};
  const std::vector one{of_user("ann", now)};
  CHECK(set.add(one, now));
  CHECK(set.revoked(token_of("ann", "", now - 1)));
  CHECK_FALSE(set.revoked(token_of("ann", "", now)));
  CHECK_FALSE(set.revoked(token_of("bob", "ann", now - 1)));

  const std::vector earlier{of_user("ann", now - 500, now + 9'000)};
  CHECK(set.add(earlier, now)); // nothing is taken back of a revocation
  CHECK(set.revoked(token_of("ann", "", now - 1)));
  const std::vector later{of_user("ann", now + 1)};
  CHECK(set.add(later, now));
  CHECK(set.revoked(token_of("ann", "", now)));
  CHECK(set.size() == 1);
}

SCENARIO("revocations are bounded, and what may be forgotten makes room") {
  revocations set{3};
  const std::vector three{of_token("a", now + 10), of_token("b", now + 20), of_user("ann", now, now + 30)};
  CHECK(set.add(three, now));
  const std::vector fourth{of_token("c", now + 40)};
  CHECK_FALSE(set.add(fourth, now));
  CHECK(set.size() == 3);
  CHECK(set.revoked(token_of("x", "a", now)));
  CHECK_FALSE(set.revoked(token_of("x", "c", now)));
  const std::vector again{of_token("b", now + 50)};
  CHECK(set.add(again, now)); // known already
  CHECK(set.add(fourth, now + 10));
  CHECK(set.size() == 3);
  CHECK_FALSE(set.revoked(token_of("x", "a", now)));
  CHECK(set.revoked(token_of("x", "c", now)));
  CHECK(set.add({}, now + 100));
  CHECK(set.size() == 0);
  CHECK(set.add(three, now + 100)); // they may be forgotten already
  CHECK(set.size() == 0);
}

SCENARIO("who watches live connections learns when to look through them") {
  revocations set{10};
  CHECK(set.changes() == 0);
  const std::vector one{of_token("a")};
  set.add(one, now);
  CHECK(set.changes() == 1);
  set.add({}, now);
  CHECK(set.changes() == 1);
}
