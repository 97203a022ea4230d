// What a token gives its bearer in a room.
#include "tests/identity/forged.hpp"

#include "protocol/described.hpp"

#include <catch2/catch.hpp>

using namespace troupe::identity;
using namespace troupe::identity::testing;
using troupe::protocol::name_of;
using troupe::protocol::role;

namespace {

std::string grants(std::size_t count, const std::string& pattern) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i)
    list += (i ? "," : "") + (R"({"room":")" + pattern + R"(","role":"reader"})");
  return R"({"iss":"https://login.example","aud":"troupe","sub":"ann","iat":1,"exp":2,"troupe":{"roles":[)" + list +
         "]}}";
}

bool understood(const std::string& json) { return std::holds_alternative<claims>(read_claims(json, issuer, audience)); }

} // namespace

SCENARIO("the most specific pattern of a token decides about a room") {
  auto wish = anns(algorithm::es256);
  wish.roles = {{"*all", role::reader},
                {"support/*rest", role::moderator},
                {"support/:ticket", role::member},
                {"support/secret", role::banned},
                {"support/:other", role::owner}};
  const auto key = keys().signing(algorithm::es256);
  const auto result = verifier{rules(), nullptr}.verify(make_token(wish, key), keys().ring(), now);
  REQUIRE(std::holds_alternative<verified>(result));
  const auto& who = *std::get<verified>(result).who;
  REQUIRE(who.roles.size() == 5);
  CHECK(who.roles[1].pattern == "support/*rest");
  CHECK(role_in(who, "lounge") == role::reader);
  CHECK(role_in(who, "support/secret") == role::banned);
  CHECK(role_in(who, "support/7") == role::member); // the first of two of one shape
  CHECK(role_in(who, "support/7/notes") == role::moderator);
  CHECK(role_in(claims{}, "lounge") == std::nullopt);
}

SCENARIO("the roles of a token are bounded") {
  CHECK(understood(grants(role_grants_max, "a")));
  CHECK_FALSE(understood(grants(role_grants_max + 1, "a")));
  CHECK(understood(grants(1, std::string(160, 'a'))));
  CHECK_FALSE(understood(grants(1, std::string(161, 'a'))));
}

SCENARIO("every role has its name") {
  for (const auto role : {role::owner, role::moderator, role::member, role::reader, role::banned})
    CHECK(role_named(name_of(role)) == role);
  CHECK(role_named("Owner") == std::nullopt);
  CHECK(role_named("none") == std::nullopt);
}
