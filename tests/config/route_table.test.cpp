// One table for rooms and paths: what it finds is what trying every pattern finds, in the documented order.
#include "config/route_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace troupe::config;
using table = route_table<int>;
using Catch::Matchers::Contains;

namespace {

table table_of(const std::vector<std::string>& patterns, route_form form = route_form::room) {
  std::vector<table::route> routes;
  for (const auto& pattern : patterns)
    routes.push_back({pattern, static_cast<int>(routes.size())});
  return table::of(std::move(routes), form);
}

std::vector<route_problem> problems_of(std::vector<table::route> routes, route_form form = route_form::room) {
  auto built = table::build(std::move(routes), form);
  auto* problems = std::get_if<std::vector<route_problem>>(&built);
  return problems ? *problems : std::vector<route_problem>{};
}

// -- the naive way: every pattern is tried, and the matching ones are ranked -----------------

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts, std::size_t from) {
  std::string text;
  for (auto i = from; i < parts.size(); ++i)
    text += (i == from ? "" : "/") + parts[i];
  return text;
}

/// What the variables take when the pattern matches.
std::optional<std::vector<std::string>> naive_match(const std::string& pattern, const std::string& name) {
  const auto ps = split(pattern);
  const auto ns = split(name);
  std::vector<std::string> taken;
  for (std::size_t i = 0; i < ps.size(); ++i) {
    if (i >= ns.size())
      return std::nullopt;
    if (const auto star = ps[i].find('*'); star != std::string::npos) {
      const auto before = ps[i].substr(0, star);
      const auto ending = i + 1 < ps.size() ? "/" + joined(ps, i + 1) : "";
      const auto left = joined(ns, i);
      if (left.size() <= before.size() + ending.size() || !left.starts_with(before) || !left.ends_with(ending))
        return std::nullopt;
      taken.push_back(left.substr(before.size(), left.size() - before.size() - ending.size()));
      return taken;
    }
    if (ps[i].front() == ':') {
      if (ns[i].empty())
        return std::nullopt;
      taken.push_back(ns[i]);
    } else if (ps[i] != ns[i]) {
      return std::nullopt;
    }
  }
  return ps.size() == ns.size() ? std::optional{taken} : std::nullopt;
}

/// Of one segment: kind, then longer texts first. Of two patterns that match one name the smaller decides.
std::vector<std::tuple<int, std::size_t, std::size_t>> naive_rank(const std::string& pattern) {
  std::vector<std::tuple<int, std::size_t, std::size_t>> rank;
  const auto ps = split(pattern);
  for (std::size_t i = 0; i < ps.size(); ++i) {
    if (const auto star = ps[i].find('*'); star != std::string::npos) {
      rank.emplace_back(star > 0 ? 1 : 3, 1'000 - star, 1'000 - joined(ps, i + 1).size());
      return rank;
    }
    rank.emplace_back(ps[i].front() == ':' ? 2 : 0, 0, 0);
  }
  return rank;
}

std::string naive_shape(const std::string& pattern) {
  std::string shape;
  bool in_name = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    in_name = c == '/' ? false : in_name;
    if (!in_name)
      shape += c;
    in_name = in_name || c == '*' || (c == ':' && (i == 0 || pattern[i - 1] == '/'));
  }
  return shape;
}

// -- random patterns and names, of few letters so that they meet ------------------------------

struct dice {
  std::mt19937_64 random;
  std::size_t below(std::size_t n) { return random() % n; }
  std::string text() {
    std::string t;
    for (auto n = 1 + below(3); n > 0; --n)
      t += "ab:"[below(t.empty() ? 2 : 3)];
    return t;
  }
};

std::string random_pattern(dice& d, route_form form) {
  std::string pattern;
  const auto segments = 1 + d.below(4);
  for (std::size_t i = 0; i < segments; ++i) {
    pattern += i == 0 ? "" : "/";
    const auto kind = d.below(8);
    if (kind < 4) {
      pattern += d.text();
    } else if (kind < 6 || (i + 1 < segments && form == route_form::room)) {
      pattern += ":v" + std::to_string(i);
    } else {
      pattern += (kind == 6 ? d.text() : "") + "*rest";
      for (; i + 1 < segments; ++i)
        pattern += "/" + d.text();
    }
  }
  return pattern;
}

std::string random_name(dice& d, const std::vector<std::string>& patterns) {
  std::string name;
  if (d.below(3) == 0) {
    for (auto n = 1 + d.below(5); n > 0; --n)
      name += (d.below(8) == 0 ? "" : d.text()) + (n > 1 ? "/" : "");
    return name;
  }
  // One that a pattern was meant for, sometimes with a slip.
  for (const auto& part : split(patterns[d.below(patterns.size())])) {
    name += name.empty() ? "" : "/";
    if (const auto star = part.find('*'); star != std::string::npos)
      name += part.substr(0, star) + d.text() + (d.below(2) == 0 ? "/" + d.text() : "");
    else
      name += part.front() == ':' ? d.text() : part;
  }
  if (d.below(4) == 0)
    name.insert(d.below(name.size() + 1), 1, "ab:/"[d.below(4)]);
  return name;
}

} // namespace

TEST_CASE("a look-up finds what trying every pattern finds") {
  const auto form = GENERATE(route_form::room, route_form::path);
  std::size_t found = 0;
  std::size_t none = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    dice d{std::mt19937_64{seed}};
    std::vector<std::string> patterns;
    std::set<std::string> shapes;
    for (auto n = 1 + d.below(40); n > 0; --n) {
      auto pattern = random_pattern(d, form);
      if (shapes.insert(naive_shape(pattern)).second)
        patterns.push_back(std::move(pattern));
    }
    auto listed = patterns;
    const std::string slash = form == route_form::path ? "/" : "";
    for (auto& pattern : listed)
      pattern.insert(0, slash);
    const auto built = table_of(listed, form);
    for (std::size_t n = 0; n < 200; ++n) {
      const auto name = random_name(d, patterns);
      const std::string* best = nullptr;
      for (const auto& pattern : patterns) {
        if (naive_match(pattern, name) && (!best || naive_rank(pattern) < naive_rank(*best)))
          best = &pattern;
      }
      CAPTURE(seed, name, best ? *best : "(none)");
      const auto whole = slash + name;
      const auto match = built.find(whole);
      REQUIRE(match.has_value() == (best != nullptr));
      if (!best) {
        ++none;
        continue;
      }
      ++found;
      REQUIRE(match->pattern() == slash + *best);
      const auto taken = *naive_match(*best, name);
      REQUIRE(match->size() == taken.size());
      for (std::size_t i = 0; i < taken.size(); ++i)
        REQUIRE((*match)[i] == taken[i]);
    }
  }
  CHECK(found > 10'000);
  CHECK(none > 1'000);
}

TEST_CASE("of random routes exactly those are refused that repeat an earlier one") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    dice d{std::mt19937_64{seed}};
    std::vector<table::route> routes;
    std::map<std::string, std::size_t> first;
    std::vector<std::pair<std::size_t, std::size_t>> expected;
    for (std::size_t i = 0; i < 30; ++i) {
      routes.push_back({random_pattern(d, route_form::room), 0, "file:" + std::to_string(i)});
      const auto [known, fresh] = first.emplace(naive_shape(routes.back().pattern), i);
      if (!fresh)
        expected.emplace_back(i, known->second);
    }
    CAPTURE(seed);
    const auto problems = problems_of(routes);
    REQUIRE(problems.size() == expected.size());
    for (std::size_t i = 0; i < problems.size(); ++i) {
      CHECK(problems[i].route == expected[i].first);
      CHECK_THAT(problems[i].message,
                 Contains(routes[expected[i].second].pattern + " of file:" + std::to_string(expected[i].second)));
    }
  }
}

TEST_CASE("a branch that leads nowhere gives way to the next one") {
  const auto routes = table_of({"a/b/c", "a/:x/d", "a/*r", ":x/b/e", "*r"});
  CHECK(routes.find("a/b/c")->value() == 0);
  CHECK(routes.find("a/b/d")->value() == 1);
  CHECK(routes.find("a/b/x")->value() == 2);
  CHECK(routes.find("a/b/e")->value() == 2);
  CHECK(routes.find("z/b/e")->value() == 3);
  CHECK(routes.find("z/b/f")->value() == 4);
  const auto after_a_dead_end = routes.find("a/q/x");
  REQUIRE(after_a_dead_end->size() == 1);
  CHECK((*after_a_dead_end)[0] == "q/x");
}

TEST_CASE("two patterns for the same names are refused with both sources") {
  const auto problems = problems_of({{"support/:b", 0, "file:5"}, {"*r", 0, "file:9"}, {"support/:a", 0, "file:12"}});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].route == 2);
  CHECK(problems[0].message == "support/:a matches the same names as support/:b of file:5");
}

TEST_CASE("a pattern that is never reached is refused with one that takes its names") {
  std::vector<table::route> routes;
  for (const char c : std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@-"})
    routes.push_back({std::string{c} + "*r", 0, "file:" + std::to_string(routes.size())});
  routes.push_back({":x", 0, "file:99"}); // still takes names of one character
  CHECK(problems_of(routes).empty());
  routes.push_back({":x/log", 0, "file:100"});
  const auto problems = problems_of(routes);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].route == routes.size() - 1);
  CHECK_THAT(problems[0].message,
             Contains(":x/log is never reached: its names are taken by ") && Contains("*r of file:"));
  routes.erase(routes.begin() + 30);
  CHECK(problems_of(routes).empty());
}

TEST_CASE("a path begins with a slash, and text may follow its rest") {
  const auto routes =
    table_of({"/", "/rooms/*room/messages", "/rooms/*room/old/messages", "/rooms/*room"}, route_form::path);
  CHECK(routes.find("/")->value() == 0);
  const auto messages = routes.find("/rooms/a/b/messages");
  CHECK(messages->value() == 1);
  CHECK((*messages)[0] == "a/b");
  CHECK(routes.find("/rooms/a/old/messages")->value() == 2);
  CHECK(routes.find("/rooms/old/messages")->value() == 1);
  CHECK(routes.find("/rooms/messages")->value() == 3);
  CHECK(!routes.find("rooms/a"));
  CHECK(!routes.find("/rooms/"));
  CHECK(!routes.find(""));
}

TEST_CASE("a pattern has eight variables at most") {
  CHECK(problems_of({{":a/:b/:c/:d/:e/:f/:g/*h", 0}}).empty());
  const auto problems = problems_of({{":a/:b/:c/:d/:e/:f/:g/:h/*i", 0}});
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0].message, Contains("at most 8 names"));
}

TEST_CASE("what is no path, and text behind a rest that is none, are refused") {
  for (const auto* pattern : {"", "a", "//", "/a//b", "/*r/", "/*r/:x", "/*r/*s", "/*r//x", "/*r/\xc3\xa9"})
    CHECK(problems_of({{pattern, 0}}, route_form::path).size() == 1);
  CHECK(problems_of({{"*r/x", 0}}).size() == 1);
}
