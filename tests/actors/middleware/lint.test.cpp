// What the linter says of an order of steps is what becomes of requests that meet them in that order.
#include "actors/middleware/lint.hpp"
#include "actors/middleware/built_in.hpp"
#include "tests/actors/middleware/made_up_step.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <tuple>

using namespace troupe;
using namespace troupe::tests;
using actors::fact;
using actors::verb;

namespace {

/// What can be wrong with an order, whoever says so.
struct flaws {
  bool identity_missing = false;
  bool answered_blindly = false;
  bool failure_uncaught = false;
  bool thread_blocked = false;
  bool operator==(const flaws&) const = default;
};

std::ostream& operator<<(std::ostream& out, const flaws& what) {
  return out << "identity missing " << what.identity_missing << ", answered blindly " << what.answered_blindly
             << ", failure uncaught " << what.failure_uncaught << ", thread blocked " << what.thread_blocked;
}

/// What one request has met so far.
struct probe {
  bool known = false;
  bool allowed = false;
  flaws seen;
};

actors::step_kind probed(std::string name, probe& into, std::function<void(probe&, actors::passage&)> meets) {
  made_up how;
  how.admit = [&into, meets = std::move(meets)](actors::passage& what) -> actors::verdict {
    meets(into, what);
    return actors::pass{};
  };
  auto kind = kind_of(std::move(name), std::move(how), {verb::send});
  kind.traits.fails = false;
  return kind;
}

std::vector<actors::step_kind> six_steps(probe& into) {
  auto who = probed("who", into, [](probe& p, actors::passage& what) {
    if (const auto* hello = std::get_if<protocol::client::hello>(&what.request))
      what.found = actors::known_user{*hello->user, nullptr};
    p.known = true;
  });
  who.traits.verbs = {verb::hello, verb::send};
  who.traits.provides = {fact::identity};

  auto may = probed("may", into, [](probe& p, actors::passage&) {
    p.seen.identity_missing = p.seen.identity_missing || !p.known;
    p.allowed = true;
  });
  may.traits.needs = {fact::identity};
  may.traits.provides = {fact::role};

  auto cache = probed("cache", into, [](probe& p, actors::passage&) {
    p.seen.answered_blindly = p.seen.answered_blindly || !p.known || !p.allowed;
  });
  cache.traits.answers = true;

  auto flaky = probed("flaky", into, [](probe&, actors::passage& what) {
    if (what.body() == "boom")
      throw std::runtime_error("broken");
  });
  flaky.traits.fails = true;

  auto lookup = probed("lookup", into, [](probe& p, actors::passage&) { p.seen.thread_blocked = true; });
  lookup.traits.blocks = true;
  return {who, may, cache, flaky, lookup, actors::recover_step()};
}

flaws said_of(const std::vector<std::string>& order, const std::vector<actors::step_kind>& kinds) {
  config::options options;
  options.middleware.steps = order;
  actors::step_registry registry;
  for (const auto& kind : kinds)
    registry.add(kind);
  flaws said;
  for (const auto& finding : actors::lint_chains(options, registry)) {
    const auto about = [&](const char* words) { return finding.message.find(words) != std::string::npos; };
    said.identity_missing = said.identity_missing || about("may needs to know who asks");
    said.answered_blindly = said.answered_blindly || about("cache answers from what it keeps");
    said.failure_uncaught = said.failure_uncaught || about("recover sees only");
    said.thread_blocked = said.thread_blocked || about("lookup may block");
  }
  return said;
}

flaws shown_by(const std::vector<std::string>& order) {
  probe met;
  simulation::options how;
  how.node.middleware.steps = order;
  how.prepare = [&](actors::services& around) {
    for (const auto& kind : six_steps(met))
      around.steps.add(kind);
  };
  simulation sim{1, how};
  auto& ann = sim.enters("ann");
  for (const auto* body : {"hello", "boom"}) {
    met.known = met.allowed = false;
    ann.sends("lounge", body);
    sim.settle();
  }
  met.seen.failure_uncaught = sim.counters().step_recoveries == 0;
  return met.seen;
}

} // namespace

TEST_CASE("for all 720 orders of six steps the linter says what a request then meets") {
  probe nothing;
  const auto kinds = six_steps(nothing);
  std::vector<std::string> order;
  for (const auto& kind : kinds)
    order.push_back(kind.traits.name);
  std::sort(order.begin(), order.end());
  unsigned orders = 0, flawless_but_blocking = 0;
  do {
    const auto said = said_of(order, kinds);
    std::string shown_order;
    for (const auto& name : order)
      shown_order += name + ' ';
    INFO(shown_order);
    CHECK(said == shown_by(order));
    ++orders;
    flawless_but_blocking += said == flaws{false, false, false, true};
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 720);
  CHECK(flawless_but_blocking > 0);
}
