// Tokens over real sockets, on three nodes: which are refused, and what ends connections that were let in.
#include "tests/conformance/setting.hpp"
#include "tests/conformance/token_cluster.hpp"
#include "tests/identity/forged.hpp"

#include "protocol/limits.hpp"
#include "protocol/request_form.hpp"

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

using namespace troupe;
using namespace troupe::tests;
using identity::testing::encoded;
using identity::testing::joined;
using identity::testing::made;
using identity::testing::parts_of;
using identity::testing::signed_by_secret;

namespace {

token_cluster& the_cluster() {
  static token_cluster one;
  return one;
}

/// Ann's claims, with members added to them or put in the place of good ones.
std::string claims_with(const std::map<std::string, std::string>& changes) {
  const auto now = wall_ms() / 1'000;
  std::map<std::string, std::string> all{{"iss", '"' + std::string{identity::testing::issuer} + '"'},
                                         {"aud", '"' + std::string{identity::testing::audience} + '"'},
                                         {"sub", "\"ann\""},
                                         {"iat", std::to_string(now - 1)},
                                         {"exp", std::to_string(now + 3'600)}};
  for (const auto& [name, value] : changes)
    all[name] = value;
  std::string text;
  for (const auto& [name, value] : all)
    if (!value.empty())
      text += (text.empty() ? "{" : ",") + ('"' + name) + "\":" + value;
  return text + '}';
}

/// Signed rightly, by the secret or by the P-256 key: only what it says is wrong.
std::string by_secret(const std::string& header) {
  return signed_by_secret(header, claims_with({}), the_cluster().secret);
}
std::string by_key(const std::map<std::string, std::string>& claims,
                   const std::string& header = R"({"alg":"ES256","kid":"es"})") {
  return identity::sign(header, claims_with(claims),
                        made(identity::jose_key::from_private_pem(the_cluster().p256.private_pem)));
}

std::string seconds_from_now(std::int64_t s) { return std::to_string(wall_ms() / 1'000 + s); }

std::string with_part(std::size_t which, const std::function<std::string(std::string)>& change) {
  auto parts = parts_of(by_key({}));
  parts[which] = change(parts[which]);
  return joined(parts);
}

struct forgery {
  const char* title;
  std::function<std::string()> token;
};

/// Somebody else's document: whoever fetches it, because a token says so, has lost.
transport::testing::document_server& bait() {
  static transport::testing::document_server one{transport::testing::page(R"({"keys":[]})")};
  return one;
}

const forgery forgeries[] = {
  {"alg none", [] { return encoded(R"({"alg":"none"})") + '.' + encoded(claims_with({})) + '.'; }},
  {"alg none with a signature", [] { return encoded(R"({"alg":"none"})") + '.' + encoded(claims_with({})) + ".AAAA"; }},
  {"alg NONE under a kid", [] { return by_secret(R"({"alg":"NONE","kid":"hs"})"); }},
  {"no alg", [] { return by_secret(R"({"kid":"hs"})"); }},
  {"the RSA key's text as secret",
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"rs"})", claims_with({}), the_cluster().rsa.public_pem); }},
  {"the P-256 key's text as secret",
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"es"})", claims_with({}), the_cluster().p256.public_pem); }},
  {"ES256 that names the secret", [] { return by_secret(R"({"alg":"ES256","kid":"hs"})"); }},
  {"HS512", [] { return by_secret(R"({"alg":"HS512","kid":"hs"})"); }},
  {"an unknown kid", [] { return by_secret(R"({"alg":"HS256","kid":"other"})"); }},
  {"an empty kid", [] { return by_secret(R"({"alg":"HS256","kid":""})"); }},
  {"a path as kid",
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"../../../dev/null"})", claims_with({}), ""); }},
  {"a URL as kid", [] { return by_secret(R"({"alg":"HS256","kid":")" + bait().url() + "\"}"); }},
  {"a jku", [] { return by_key({}, R"({"alg":"ES256","kid":"theirs","jku":")" + bait().url() + "\"}"); }},
  {"an x5u", [] { return by_key({}, R"({"alg":"ES256","kid":"theirs","x5u":")" + bait().url() + "\"}"); }},
  {"its own key",
   [] {
     return signed_by_secret(R"({"alg":"HS256","kid":"mine","jwk":{"kty":"oct","k":"AAAA"}})", claims_with({}),
                             std::string(3, '\0'));
   }},
  {"a crit header", [] { return by_secret(R"({"alg":"HS256","kid":"hs","crit":["exp"]})"); }},
  {"alg twice", [] { return by_secret(R"({"alg":"none","alg":"HS256","kid":"hs"})"); }},
  {"a header of nested lists",
   [] {
     return by_secret(R"({"alg":"HS256","kid":"hs","x":)" + std::string(2'200, '[') + std::string(2'200, ']') + '}');
   }},
  {"expired",
   [] {
     return by_key({{"iat", seconds_from_now(-100)}, {"exp", seconds_from_now(-10)}});
   }},
  {"issued in the future",
   [] {
     return by_key({{"iat", seconds_from_now(600)}});
   }},
  {"not yet valid",
   [] {
     return by_key({{"nbf", seconds_from_now(600)}});
   }},
  {"a life of a month",
   [] {
     return by_key({{"exp", seconds_from_now(31 * 86'400)}});
   }},
  {"no exp",
   [] {
     return by_key({{"exp", ""}});
   }},
  {"no iat",
   [] {
     return by_key({{"iat", ""}});
   }},
  {"exp as text",
   [] {
     return by_key({{"exp", '"' + seconds_from_now(60) + '"'}});
   }},
  {"exp 1e999",
   [] {
     return by_key({{"exp", "1e999"}});
   }},
  {"for another audience",
   [] {
     return by_key({{"aud", "\"others\""}});
   }},
  {"for a list of others",
   [] {
     return by_key({{"aud", R"(["a","b"])"}});
   }},
  {"no audience",
   [] {
     return by_key({{"aud", ""}});
   }},
  {"by another issuer",
   [] {
     return by_key({{"iss", "\"https://login.example.evil\""}});
   }},
  {"no issuer",
   [] {
     return by_key({{"iss", ""}});
   }},
  {"nobody",
   [] {
     return by_key({{"sub", ""}});
   }},
  {"a name that is none",
   [] {
     return by_key({{"sub", R"("ann bob")"}});
   }},
  {"another's claims under one's own signature",
   [] { return with_part(1, [](const auto&) {
          return encoded(claims_with({{"sub", "\"bob\""}}));
        }); }},
  {"a signature by a stranger",
   [] { return signed_by_secret(R"({"alg":"HS256","kid":"hs"})", claims_with({}), identity::make_secret()); }},
  {"a signature by no secret", [] { return signed_by_secret(R"({"alg":"HS256","kid":"hs"})", claims_with({}), ""); }},
  {"half a signature", [] { return with_part(2, [](auto s) { return s.substr(0, 43); }); }},
  {"padding", [] { return by_key({}) + "=="; }},
  {"the alphabet of plain base64", [] { return with_part(2, [](auto s) { return s.replace(4, 1, "/"); }); }},
  {"four parts", [] { return by_key({}) + ".AAAA"; }},
  {"two parts", [] { return parts_of(by_key({}))[0] + '.' + parts_of(by_key({}))[1]; }},
  {"Bearer before it", [] { return "Bearer " + by_key({}); }},
  {"a byte more than 8 KiB",
   [] { return by_key({}) + std::string(protocol::limits::token_bytes_max + 1 - by_key({}).size(), 'A'); }},
  {"60 KiB of dots", [] { return std::string(60'000, '.'); }},
  {"a token that was taken back", [] {
     static const auto id = [] {
       the_cluster().revoke({"--jti", "taken-back"});
       // A node knows with its next look: nobody has seen this token before.
       return std::string{"\"taken-back\""};
     }();
     return by_key({{"jti", id}});
   }}};

void expect_refused(const protocol::push& answer) {
  INFO(shown(answer));
  REQUIRE(std::holds_alternative<hear::error>(answer));
  const auto& error = std::get<hear::error>(answer);
  CHECK(error.code == protocol::code::unauthorized);
  CHECK(error.retry == protocol::retry::reauth);
  CHECK(error.message == protocol::token_not_accepted);
}

bool holds(const std::vector<std::uint64_t>& now, const std::vector<std::uint64_t>& before, std::uint64_t polls) {
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i] < before[i] + polls)
      return false;
  return true;
}

/// Until every node has looked twice at what was revoked: once may have been under way.
void nodes_look_at_revocations() {
  const auto before = the_cluster().polls();
  while (!holds(the_cluster().polls(), before, 2))
    std::this_thread::sleep_for(50ms);
}

/// Waits for all of them to be closed, and gives the most looks at revocations that any node took meanwhile.
std::uint64_t all_are_closed(std::vector<std::unique_ptr<live_client>>& people,
                             const std::vector<std::uint64_t>& before) {
  const auto began = std::chrono::steady_clock::now();
  for (auto& one : people)
    CHECK(one->loses_connection().code == 4401);
  const auto took = std::chrono::steady_clock::now() - began;
  const auto after = the_cluster().polls();
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < after.size(); ++i)
    most = std::max(most, after[i] - before[i]);
  std::printf("closed with 4401 on every node after %lld ms, %llu polls\n",
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()),
              static_cast<unsigned long long>(most));
  return most;
}

/// A node looks every second; within five looks nobody may be left.
constexpr std::uint64_t polls_max = 5;

} // namespace

SCENARIO("a forged token is refused by every node, in the same words whatever is wrong with it") {
  auto& cluster = the_cluster();
  forgeries[std::size(forgeries) - 1].token();
  nodes_look_at_revocations();
  // Those whom forgeries are shown to by `refresh`, one on each node.
  std::vector<std::unique_ptr<live_client>> anns;
  for (std::size_t i = 0; i < cluster.size(); ++i)
    anns.push_back(cluster.signed_in(i, by_key({})));
  for (const auto& one : forgeries)
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      INFO(one.title << " at node " << i + 1);
      live_client stranger{cluster.at(i).where(), {}};
      expect_refused(token_cluster::greets(stranger, one.token()));
      CHECK(stranger.loses_connection().code == 4401);
      expect_refused(anns[i]->asks(say::refresh{.token = one.token()}));
      const auto http = http_request(cluster.at(i).port(), "GET", "/api/v1/rooms/lobby/messages", {},
                                     {{"Authorization", "Bearer " + one.token()}});
      REQUIRE(http);
      if (one.token().size() > protocol::limits::token_bytes_max) {
        CHECK(http->status == 431); // More than a header may have: nobody reads it as a token.
      } else {
        CHECK(http->status == 401);
        CHECK(http->body.find(protocol::token_not_accepted) != std::string::npos);
      }
    }
  // They are who they were, and the nodes are well.
  for (auto& ann : anns) {
    ann->sends("lobby", "still here");
    CHECK(ann->connected());
  }
  CHECK(bait().requests() == 0);
}

SCENARIO("good tokens of every kind of key are taken by every node") {
  auto& cluster = the_cluster();
  const auto wish = [&](const char* kid) {
    auto made = cluster.wish_of("ann");
    made.kid = kid;
    return made;
  };
  const std::vector<std::string> tokens{
    make_token(wish("hs"), made(identity::jose_key::from_secret(cluster.secret))),
    make_token(wish("es"), made(identity::jose_key::from_private_pem(cluster.p256.private_pem))),
    make_token(wish("rs"), made(identity::jose_key::from_private_pem(cluster.rsa.private_pem))),
    cluster.token_by(cluster.first, "ann"), by_key({{"aud", R"(["others","troupe"])"}})};
  for (const auto& token : tokens)
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      live_client who{cluster.at(i).where(), {}};
      const auto answer = token_cluster::greets(who, token);
      INFO(shown(answer));
      REQUIRE(std::holds_alternative<hear::welcome>(answer));
      CHECK(std::get<hear::welcome>(answer).user == "ann");
      CHECK(http_request(cluster.at(i).port(), "GET", "/api/v1/rooms/lobby/messages", {},
                         {{"Authorization", "Bearer " + token}})
              ->status == 200);
    }
}

SCENARIO("a refresh in time keeps the connection, and nobody becomes somebody else by one") {
  auto& cluster = the_cluster();
  std::vector<std::unique_ptr<live_client>> refreshed, late;
  const auto short_lived = [](identity::token_wish& w) { w.expires = w.issued + 4'000; };
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    refreshed.push_back(cluster.signed_in(i, cluster.token_of("eve", short_lived)));
    late.push_back(cluster.signed_in(i, cluster.token_of("eve", short_lived)));
  }
  const auto before = cluster.polls();
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    CLAUSE("`refresh` brings a new token of the same user in-band, before the old one expires");
    CHECK(std::holds_alternative<hear::ok>(refreshed[i]->asks(say::refresh{.token = cluster.token_of("eve")})));
    expect_refused(late[i]->asks(say::refresh{.token = cluster.token_of("bob")}));
  }
  CLAUSE("4401: token expired or revoked");
  // The token has up to three of its seconds left when the count begins.
  CHECK(all_are_closed(late, before) <= 3 + polls_max);
  for (auto& one : refreshed)
    CHECK(one->sends("lobby", "eve goes on").seq > 0);
}

SCENARIO("what is revoked ends connections on every node, and no others") {
  auto& cluster = the_cluster();
  std::vector<std::unique_ptr<live_client>> gone, stay;
  std::vector<std::string> command;
  WHEN("one token is taken back by its id") {
    const auto id = fresh_user("jti-");
    const auto named = [](const std::string& jti) { return [jti](identity::token_wish& w) { w.id = jti; }; };
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      gone.push_back(cluster.signed_in(i, cluster.token_of("mia", named(id))));
      stay.push_back(cluster.signed_in(i, cluster.token_of("mia", named(id + "-other"))));
    }
    command = {"--jti", id};
  }
  WHEN("a user's tokens are taken back up to a time") {
    const auto issued = [](protocol::time_ms ago) {
      return [ago](identity::token_wish& w) { w.issued = wall_ms() - ago; };
    };
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      gone.push_back(cluster.signed_in(i, cluster.token_of("tom", issued(600'000))));
      stay.push_back(cluster.signed_in(i, cluster.token_of("tom", issued(60'000))));
      stay.push_back(cluster.signed_in(i, cluster.token_of("zoe", issued(600'000))));
    }
    command = {"--user", "tom", "--before", std::to_string(wall_ms() / 1'000 - 300)};
  }
  if (command.empty())
    return; // Between the two.
  cluster.revoke(command);
  const auto before = cluster.polls();
  CLAUSE("4401: token expired or revoked");
  CHECK(all_are_closed(gone, before) <= polls_max);
  for (auto& one : stay)
    one->pings();
  CHECK(cluster.documents().requests() > 0);
}

SCENARIO("keys that are published anew are fetched when the first token of one comes") {
  token_cluster cluster; // Of its own: a node asks early only once in ten seconds.
  const published_key second{"second"};
  const auto token = cluster.token_by(second, "ann");
  const auto wait_for = cluster.documents().requests() + cluster.size();
  cluster.documents().answer(key_document({&cluster.first, &second}));
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    live_client early{cluster.at(i).where(), {}};
    expect_refused(token_cluster::greets(early, token));
  }
  cluster.documents().wait_for(static_cast<std::uint32_t>(wait_for));
  const auto welcome = [&](std::size_t node, const std::string& shown_token) {
    live_client who{cluster.at(node).where(), {}};
    return std::holds_alternative<hear::welcome>(token_cluster::greets(who, shown_token));
  };
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    while (!welcome(i, token)) // The document was given out; the node has to read it.
      std::this_thread::sleep_for(20ms);
    CHECK(welcome(i, cluster.token_by(cluster.first, "ann")));
  }
  // Many at once make one fetch of each node at most.
  const published_key third{"third"};
  const auto asked = cluster.documents().requests();
  for (int n = 0; n < 20; ++n)
    for (std::size_t i = 0; i < cluster.size(); ++i)
      CHECK_FALSE(welcome(i, cluster.token_by(third, "user-" + std::to_string(n))));
  CHECK(cluster.documents().requests() <= asked + cluster.size());
}
