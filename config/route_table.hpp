// config/route_table.hpp
//
// What belongs to a name: a value for each pattern, the most specific pattern that matches decides.
#pragma once

#include "config/route_trie.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::config {

/// Why a route cannot be in a table.
struct route_problem {
  std::size_t route = 0; ///< Its place in the list that was given.
  std::string message;   ///< Begins with the pattern, and names the other route with its source.
};

/// A table of patterns, for names of rooms and for paths alike.
///
/// Precedence: segment by segment text beats `text*rest` (the longer text first), which beats `:name`, which beats
///             `*rest`; of two rests the one with the longer ending. A branch that matches no further falls back to the
///             next one. The order in which routes are given says nothing.
/// Refused:    a pattern with the same segments as another, and one whose every name others take first.
/// Threading:  immutable after `build`; may be read by any number of threads. A look-up allocates nothing.
/// Lifetime:   a match points into the table and into the name.
template <class T>
class route_table {
public:
  struct route {
    std::string pattern;
    T value;
    std::string source = {}; ///< Where it was written, as in "troupe.toml:12"; for problems.
  };

  class match {
  public:
    const T& value() const noexcept { return at_->value; }
    const std::string& pattern() const noexcept { return at_->pattern; }

    std::size_t size() const noexcept { return values_.count; }

    /// What the n-th variable of the pattern took.
    std::string_view operator[](std::size_t n) const noexcept { return values_.taken[n]; }

  private:
    friend route_table;
    match() = default;

    const route* at_ = nullptr;
    route_trie::values values_;
  };

  /// The table; or everything that is wrong with the routes, in their order.
  static std::variant<route_table, std::vector<route_problem>> build(std::vector<route> routes, route_form form);

  /// The same for a list that is known to be right; throws std::invalid_argument when it is not.
  static route_table of(std::vector<route> routes, route_form form);

  /// Nothing when no pattern matches.
  std::optional<match> find(std::string_view name) const noexcept {
    if (form_ == route_form::path) {
      if (!name.starts_with('/'))
        return std::nullopt;
      name.remove_prefix(1);
    }
    match found;
    const auto route = trie_.find(name, found.values_);
    if (!route)
      return std::nullopt;
    found.at_ = &routes_[*route];
    return found;
  }

  std::size_t size() const noexcept { return routes_.size(); }

private:
  route_trie trie_;
  std::vector<route> routes_;
  route_form form_ = route_form::room;
};

// -- inline ---------------------------------------------------------------------------------

template <class T>
std::variant<route_table<T>, std::vector<route_problem>> route_table<T>::build(std::vector<route> routes,
                                                                               route_form form) {
  route_table made;
  std::vector<route_problem> problems;
  std::vector<std::pair<std::size_t, route_pattern>> patterns;
  const auto refuse = [&](std::size_t which, const std::string& how, std::size_t other) {
    const auto& [pattern, value, source] = routes[other];
    problems.push_back({which, routes[which].pattern + how + pattern + (source.empty() ? "" : " of " + source)});
  };
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto parsed = route_pattern::parse(routes[i].pattern, form);
    if (const auto* why = std::get_if<std::string>(&parsed)) {
      problems.push_back({i, '"' + routes[i].pattern + "\": " + *why});
      continue;
    }
    auto& pattern = std::get<route_pattern>(parsed);
    if (const auto other = made.trie_.add(pattern, static_cast<route_trie::route_index>(i)))
      refuse(i, " matches the same names as ", *other);
    else
      patterns.emplace_back(i, std::move(pattern));
  }
  for (const auto& [i, pattern] : patterns) {
    if (const auto other = shadow_of(pattern, made.trie_, static_cast<route_trie::route_index>(i)))
      refuse(i, " is never reached: its names are taken by ", *other);
  }
  if (!problems.empty())
    return problems;
  made.routes_ = std::move(routes);
  made.form_ = form;
  return made;
}

template <class T>
route_table<T> route_table<T>::of(std::vector<route> routes, route_form form) {
  auto built = build(std::move(routes), form);
  if (const auto* problems = std::get_if<std::vector<route_problem>>(&built))
    throw std::invalid_argument("route " + problems->front().message);
  return std::get<route_table>(std::move(built));
}

} // namespace troupe::config
