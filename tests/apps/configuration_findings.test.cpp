// What an operator is told of a configuration, with the line to change.
#include "apps/troupe/configuration_findings.hpp"
#include "apps/troupe/reload.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe;

namespace {

config::effective read(const std::string& text) {
  config::layers layers;
  layers.add_text("node.toml", text);
  auto read = std::move(layers).finish();
  if (const auto* wrong = std::get_if<config::problems>(&read))
    FAIL(to_string(wrong->front()));
  return std::get<config::effective>(std::move(read));
}

struct mistake {
  const char* what;
  const char* text;
  std::uint32_t line;
  const char* said;
  bool only_warns = false;
};

const std::vector<mistake> mistakes{
  {"a step nobody knows", "[middleware]\nsteps = [\"authenticate\", \"authorise\"]\n", 2,
   "there is no step \"authorise\""},
  {"identity before it is known", "[middleware]\nsteps = [\"rate_limit\", \"authenticate\", \"authorize\"]\n", 2,
   "rate_limit needs to know who asks"},
  {"a role for nobody", "[middleware]\nsteps = [\"authorize\", \"authenticate\", \"rate_limit\"]\n", 2,
   "authorize needs to know who asks"},
  {"nobody asks who it is", "[middleware]\nsteps = []\n", 2, "nobody finds out who asks at /ws"},
  {"twice in a list", "[middleware]\nsteps = [\"authenticate\", \"authorize\", \"rate_limit\", \"rate_limit\"]\n", 2,
   "rate_limit stands twice"},
  {"again on a route", "[[routes]]\nverb = \"send\"\nsteps = [\"rate_limit\"]\n", 3, "rate_limit stands twice"},
  {"a verb that is none", "[[routes]]\nverb = \"sent\"\nsteps = [\"moderate\"]\n", 2, "must be hello, refresh"},
  {"an endpoint that is none", "[[routes]]\nendpoint = \"/chat\"\nsteps = [\"moderate\"]\n", 2, "must be \"/ws\""},
  {"a pattern that is none", "[[routes]]\nrooms = \"a//b\"\nsteps = [\"moderate\"]\n", 2, "a//b"},
  {"two routes for the same rooms",
   "[[routes]]\nrooms = \"a/:x\"\nsteps = [\"moderate\"]\n[[routes]]\nrooms = \"a/:y\"\nsteps = [\"validate\"]\n", 5,
   "matches the same names as a/:x"},
  {"an unknown step on a route", "[[routes]]\nsteps = [\"moderator\"]\n", 2, "there is no step \"moderator\""},
  {"a cache before it is known for whom",
   "[middleware]\nsteps = [\"page_cache\", \"authenticate\", \"authorize\", \"rate_limit\"]\n", 2,
   "page_cache answers from what it keeps"},
  {"a cache before roles are known",
   "[middleware]\nsteps = [\"authenticate\", \"page_cache\", \"authorize\", \"rate_limit\"]\n", 2,
   "page_cache answers from what it keeps"},
  {"recover inside what it should catch",
   "[middleware]\nsteps = [\"authenticate\", \"authorize\", \"rate_limit\", \"recover\"]\n", 2, "recover sees only",
   true},
  {"no limit", "[middleware]\nsteps = [\"authenticate\", \"authorize\"]\n", 2, "nothing limits", true},
  {"a limit of nothing", "[rate_limit]\nrequests_per_s = 0\n", 0, "rate_limit lets everything pass", true},
  {"a route without steps", "[[routes]]\nverb = \"send\"\n", 1, "this route adds no steps", true},
  {"a step its verb never meets", "[[routes]]\nverb = \"join\"\nsteps = [\"moderate\"]\n", 3,
   "has nothing to do with join", true},
  {"too many steps",
   "[middleware]\nsteps = "
   "[\"authenticate\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
   "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]\n",
   2, "at most 32 steps"},
  {"a key that is not there",
   "[auth]\nmode = \"token\"\nissuer = \"i\"\naudience = \"a\"\n[[auth.keys]]\nkid = \"k\"\nalgorithm = \"ES256\"\n"
   "public_key_file = \"/no/such/key.pem\"\n",
   8, "/no/such/key.pem"},
};

} // namespace

TEST_CASE("what is wrong with chains and keys is told with its line") {
  for (const auto& [what, text, line, said, only_warns] : mistakes) {
    INFO(what);
    const auto found = findings_of(read(text));
    const auto& told = only_warns ? found.warnings : found.errors;
    INFO((told.empty() ? "nothing was told" : to_string(told.front())));
    CHECK(std::any_of(told.begin(), told.end(), [&](const auto& problem) {
      return problem.line == line && problem.message.find(said) != std::string::npos;
    }));
    if (only_warns)
      CHECK(found.errors.empty());
  }
}

TEST_CASE("what is shipped is accepted in silence") {
  config::layers layers;
  layers.add_file(TROUPE_SOURCE_DIR "/config/troupe.toml");
  auto read = std::move(layers).finish();
  REQUIRE(std::holds_alternative<config::effective>(read));
  const auto found = findings_of(std::get<config::effective>(read));
  CHECK(found.errors.empty());
  CHECK(found.warnings.empty());
  const auto defaults = findings_of({});
  CHECK(defaults.errors.empty());
  CHECK(defaults.warnings.empty());
}

SCENARIO("a node reads its configuration again") {
  GIVEN("a file in which a chain, a rate, a route and the port have changed") {
    const config::options holds;
    const auto read_again =
      read("[listen]\naddress = \"127.0.0.1:1\"\n[middleware]\nopen_ms = 100\n[rate_limit]\nrequests_per_s = 7\n"
           "[log]\nlevel = \"debug\"\n[[routes]]\nverb = \"send\"\nsteps = [\"moderate\"]\n")
        .values;
    const auto plan = plan_reload(holds, read_again);
    THEN("what chains are made of is taken over, and the rest is named") {
      CHECK(plan.next.rate_limit.requests_per_s == 7);
      CHECK(plan.next.middleware.open_ms == 100);
      CHECK(plan.next.routes.size() == 1);
      CHECK(plan.next.log.level == "debug");
      CHECK(plan.next.listen.address == holds.listen.address);
      CHECK(plan.not_taken == std::vector<std::string>{"listen.address"});
      CHECK(std::count(plan.taken.begin(), plan.taken.end(), "rate_limit.requests_per_s") == 1);
      CHECK(std::count(plan.taken.begin(), plan.taken.end(), "routes[0]") == 1);
    }
  }
  GIVEN("a file in which nothing has changed") {
    const auto plan = plan_reload({}, {});
    THEN("nothing is") { CHECK((plan.taken.empty() && plan.not_taken.empty())); }
  }
}
