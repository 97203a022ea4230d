// config/route_trie.hpp
//
// The index under a route table: which of many patterns a name belongs to.
#pragma once

#include "config/route_pattern.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// A trie over the segments of patterns. What leads from a node to the next by a text stands in one hash table for all
/// nodes, so that a node with 100,000 children is as fast as one with two.
///
/// Cost: a look-up hashes each segment of the name once for each branch it tries, and never visits a node twice; the
///       branches are those that the patterns have.
class route_trie {
public:
  using route_index = std::uint32_t;

  /// What the variables took, from left to right: views into the name.
  struct values {
    std::array<std::string_view, route_variables_max> taken;
    std::size_t count = 0;
  };

  /// Adds a pattern; or the route that has the same segments, and nothing is added.
  std::optional<route_index> add(const route_pattern& pattern, route_index route);

  /// The route of the pattern that goes before all others that match.
  std::optional<route_index> find(std::string_view name, values& into) const noexcept;

private:
  static constexpr std::uint32_t none = 0xffff'ffff;

  enum class step_kind : std::uint8_t { text, rest };

  // From a node, by a text, to another node or to rests.
  struct step {
    std::uint32_t from = 0;
    std::uint32_t to = none; ///< none = the slot is free.
    std::uint32_t hash = 0;
    std::uint32_t text = 0; ///< Where in `texts_`.
    std::uint16_t bytes = 0;
    step_kind kind = step_kind::text;
  };

  struct node {
    route_index route = none;                 ///< Of the pattern that ends here.
    std::uint32_t parameter = none;           ///< Node behind `:name`.
    std::uint32_t rest = none;                ///< Rests behind `*name`.
    std::vector<std::uint16_t> rest_texts_of; ///< Distinct lengths of the texts before rests, longest first.
  };

  // The patterns of one `*name`: they differ in what follows it. Longest ending first.
  struct rest_route {
    std::string ending;
    route_index route = none;
  };
  using rest_routes = std::vector<rest_route>;

  std::uint32_t follow(std::uint32_t from, step_kind kind, std::string_view text) const noexcept;
  std::uint32_t add_step(std::uint32_t from, step_kind kind, std::string_view text);
  void put(const step& s);
  std::optional<route_index> add_rest(rest_routes& at, const std::string& ending, route_index route);
  route_index walk(std::uint32_t at, std::string_view left, values& into) const noexcept;
  route_index arrive(std::uint32_t at, std::string_view part, std::string_view left, values& into) const noexcept;
  route_index take_rest(const rest_routes& at, std::string_view left, values& into) const noexcept;

  std::vector<node> nodes_ = std::vector<node>(1);
  std::vector<rest_routes> rests_;
  std::vector<step> steps_ = std::vector<step>(8); ///< Open addressing; the size is a power of two.
  std::size_t steps_used_ = 0;
  std::string texts_;
};

/// A route that takes names of the pattern first, when others take all of them. That is told by trying: names of one or
/// two characters and of several segments stand for each variable. Only patterns like `a*x`, `b*x` … for every first
/// character can shadow one.
std::optional<route_trie::route_index> shadow_of(const route_pattern& pattern, const route_trie& trie,
                                                 route_trie::route_index route);

} // namespace troupe::config
