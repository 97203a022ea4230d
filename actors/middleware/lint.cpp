#include "actors/middleware/lint.hpp"

#include "actors/middleware/chains.hpp"
#include "config/route_table.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace troupe::actors {

namespace {

using severity = chain_finding::severity;

constexpr std::size_t steps_max = 32; // Of a list.

bool has(const std::vector<fact>& facts, fact what) {
  return std::find(facts.begin(), facts.end(), what) != facts.end();
}

class linter {
public:
  linter(const config::options& options, const step_registry& steps) : options_(options), steps_(steps) {}

  std::vector<chain_finding> findings() && {
    check_list("middleware.steps", options_.middleware.steps);
    for (std::size_t i = 0; i < options_.routes.size(); ++i)
      check_route(i);
    check_reach();
    check_chain("middleware.steps", options_.middleware.steps, 0, "*");
    if (std::none_of(found_.begin(), found_.end(), [](const auto& f) { return f.how == severity::error; }))
      check_doors();
    for (std::size_t i = 0; i < options_.routes.size(); ++i) {
      auto whole = options_.middleware.steps;
      whole.insert(whole.end(), options_.routes[i].steps.begin(), options_.routes[i].steps.end());
      check_chain(list_of(i), whole, options_.middleware.steps.size(), options_.routes[i].verb);
    }
    check_limits();
    return std::move(found_);
  }

private:
  void say(severity how, std::string option, std::string message) {
    chain_finding one{how, std::move(option), std::move(message)};
    if (std::find(found_.begin(), found_.end(), one) == found_.end())
      found_.push_back(std::move(one));
  }

  static std::string route_at(std::size_t i) { return "routes[" + std::to_string(i) + ']'; }
  static std::string list_of(std::size_t i) { return route_at(i) + ".steps"; }

  // -- one list, one route --------------------------------------------------------------------

  void check_list(const std::string& where, const std::vector<std::string>& names) {
    if (names.size() > steps_max)
      say(severity::error, where, "there are at most " + std::to_string(steps_max) + " steps in a list");
    for (const auto& name : names) {
      const auto* kind = steps_.find(name);
      if (!kind)
        say(severity::error, where, "there is no step \"" + name + "\": " + known_steps());
      else if (kind->objection)
        if (auto why = kind->objection(options_))
          say(severity::error, where, std::move(*why));
    }
  }

  std::string known_steps() const {
    std::string names = "there are";
    for (const auto& kind : steps_.all())
      names += ' ' + kind.traits.name;
    return names;
  }

  void check_route(std::size_t i) {
    const auto& route = options_.routes[i];
    if (route.endpoint != "*" && route.endpoint != "/ws" && route.endpoint != "/api")
      say(severity::error, route_at(i) + ".endpoint", "must be \"/ws\", \"/api\" or \"*\"");
    if (route.verb != "*" && !verb_named(route.verb))
      say(severity::error, route_at(i) + ".verb", "must be " + verbs_in_words() + " or \"*\"");
    const auto pattern = config::route_pattern::parse(route.rooms, config::route_form::room);
    if (const auto* why = std::get_if<std::string>(&pattern))
      say(severity::error, route_at(i) + ".rooms", '"' + route.rooms + "\": " + *why);
    check_list(list_of(i), route.steps);
    if (route.steps.empty())
      say(severity::warning, route_at(i), "this route adds no steps: leave it out, or name some in `steps`");
    const auto verb = verb_named(route.verb);
    for (const auto& name : route.steps)
      if (const auto* kind = steps_.find(name); kind && verb && !kind->traits.applies_to(*verb))
        say(severity::warning, list_of(i), name + " has nothing to do with " + route.verb + ": it is never run here");
  }

  static std::optional<verb> verb_named(const std::string& name) {
    for (std::size_t v = 0; v < verb_count; ++v)
      if (name == name_of(static_cast<verb>(v)))
        return static_cast<verb>(v);
    return std::nullopt;
  }

  static std::string verbs_in_words() {
    std::string words;
    for (std::size_t v = 0; v < verb_count; ++v)
      words += (v == 0 ? "" : ", ") + std::string{name_of(static_cast<verb>(v))};
    return words;
  }

  /// Routes that differ only in their pattern compete for the same requests.
  void check_reach() {
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> kinds;
    for (std::size_t i = 0; i < options_.routes.size(); ++i)
      kinds[{options_.routes[i].endpoint, options_.routes[i].verb}].push_back(i);
    for (const auto& [kind, members] : kinds) {
      std::vector<config::route_table<std::size_t>::route> list;
      for (const auto i : members)
        list.push_back({options_.routes[i].rooms, i, "[[routes]] number " + std::to_string(i + 1)});
      const auto built = config::route_table<std::size_t>::build(std::move(list), config::route_form::room);
      if (const auto* wrong = std::get_if<std::vector<config::route_problem>>(&built))
        for (const auto& [at, message] : *wrong)
          if (message.front() != '"') // Of one pattern alone: told above.
            say(severity::error, route_at(members[at]) + ".rooms", message);
    }
  }

  // -- a chain from its outermost step ----------------------------------------------------------------

  /// Tells of the steps from `first` on; those before were told of where they stand.
  void check_chain(const std::string& where, const std::vector<std::string>& names, std::size_t first,
                   const std::string& verb) {
    std::vector<const step_traits*> before;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto* kind = steps_.find(names[i]);
      if (!kind)
        continue;
      if (i >= first)
        check_step(where, kind->traits, before, i, verb);
      before.push_back(&kind->traits);
    }
  }

  void check_step(const std::string& where, const step_traits& step, const std::vector<const step_traits*>& before,
                  std::size_t place, const std::string& verb) {
    const auto provided = [&](fact what) {
      return std::any_of(before.begin(), before.end(), [&](const auto* s) { return has(s->provides, what); });
    };
    const auto is_there = [&](const std::string& name) {
      return std::any_of(before.begin(), before.end(), [&](const auto* s) { return s->name == name; });
    };
    if (is_there(step.name))
      say(severity::error, where, step.name + " stands twice on the way of a request: once is enough");
    if (has(step.needs, fact::identity) && !provided(fact::identity))
      say(severity::error, where,
          step.name + " needs to know who asks, and nothing before it finds that out: put authenticate before it");
    if (has(step.needs, fact::role) && !provided(fact::role))
      say(severity::error, where,
          step.name + " needs the role of who asks, and nothing before it finds that out: put authorize before it");
    if (step.answers && !(provided(fact::identity) && provided(fact::role)))
      say(severity::error, where,
          step.name + " answers from what it keeps before anybody has asked who it is for: put authenticate and " +
            "authorize before it");
    if (step.blocks)
      say(severity::error, where,
          step.name + " may block, and chains run on I/O threads: let the request wait while another thread works");
    if (step.limits_user && (step.state == scope::io_thread || step.state == scope::connection))
      say(severity::error, where,
          step.name + " counts what a user does for each " +
            (step.state == scope::io_thread ? "I/O thread" : "connection") +
            " alone: a user with several connections gets as many limits");
    if (step.recovers) {
      std::string outside;
      for (const auto* s : before)
        if (s->fails)
          outside += (outside.empty() ? "" : ", ") + s->name;
      if (!outside.empty())
        say(severity::warning, where,
            step.name + " sees only what the steps after it break, and " + outside +
              " may fail before it: put it first");
    }
    const bool for_all = where == "middleware.steps" || verb == "*";
    if (step.price == cost::expensive && for_all && place < options_.middleware.steps.size())
      say(severity::warning, where,
          step.name + " is expensive, and every request pays for it here: put it into the [[routes]] that need it");
  }

  // -- the whole ------------------------------------------------------------------------------------------

  void check_doors() {
    for (const auto from : {endpoint::ws, endpoint::api}) {
      const auto places = places_of(options_, steps_, from, from == endpoint::ws ? verb::hello : verb::send, "any");
      const bool known = std::any_of(places.begin(), places.end(), [&](const auto& place) {
        return has(steps_.find(place.step)->traits.provides, fact::identity);
      });
      if (!known)
        say(severity::error, "middleware.steps",
            std::string{"nobody finds out who asks at "} + std::string{path_of(from)} +
              ", so everybody would be refused: put authenticate into the list");
    }
  }

  void check_limits() {
    const auto limits = [&](const std::vector<std::string>& names) {
      return std::any_of(names.begin(), names.end(), [&](const auto& name) {
        const auto* kind = steps_.find(name);
        return kind && kind->traits.limits_user;
      });
    };
    const bool some =
      limits(options_.middleware.steps) || std::any_of(options_.routes.begin(), options_.routes.end(),
                                                       [&](const auto& route) { return limits(route.steps); });
    const auto& rates = options_.rate_limit;
    const bool all_off = rates.requests_per_s == 0 && rates.user_sends_per_s == 0 && rates.ip_requests_per_s == 0 &&
                         options_.session.send_rate_per_s == 0;
    if (!some)
      say(severity::warning, "middleware.steps",
          "nothing limits how much a client may ask: put rate_limit behind authenticate");
    else if (all_off)
      say(severity::warning, "middleware.steps",
          "every rate of [rate_limit], and session.send_rate_per_s, is 0: rate_limit lets everything pass");
  }

  const config::options& options_;
  const step_registry& steps_;
  std::vector<chain_finding> found_;
};

} // namespace

std::vector<chain_finding> lint_chains(const config::options& options, const step_registry& steps) {
  return linter{options, steps}.findings();
}

} // namespace troupe::actors
