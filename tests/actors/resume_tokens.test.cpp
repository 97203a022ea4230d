#include "actors/resume_tokens.hpp"

#include <catch2/catch.hpp>

using namespace troupe::actors;

SCENARIO("a resume token names its session until it expires, and nothing else reads as one") {
  resume_tokens::key secret{};
  secret[0] = 7;
  const resume_tokens tokens(secret, 1'000);
  const auto token = tokens.make({"ann.b@c", "5e55"}, 5'000);

  const auto session = tokens.read(token, 6'000);
  REQUIRE(session);
  CHECK(session->user == "ann.b@c");
  CHECK(session->session == "5e55");
  CHECK_FALSE(tokens.read(token, 6'001));

  secret[0] = 8;
  CHECK_FALSE(resume_tokens(secret, 1'000).read(token, 6'000));
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto forged = token;
    forged[i] = forged[i] == 'a' ? 'b' : 'a';
    CHECK_FALSE(tokens.read(forged, 6'000));
  }
  for (const auto* text : {"", ".", "...", "1.2.3.4", "ffffffff.s.u."})
    CHECK_FALSE(tokens.read(text, 0));
}
