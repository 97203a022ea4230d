#include "config/route_trie.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace troupe::config {

namespace {

std::uint32_t hash_of(std::uint32_t from, std::uint8_t kind, std::string_view text) noexcept {
  auto mixed = std::hash<std::string_view>{}(text) ^ ((std::uint64_t{from} << 1 | kind) * 0x9e37'79b9'7f4a'7c15u);
  mixed *= 0xff51'afd7'ed55'8ccdu;
  return static_cast<std::uint32_t>(mixed >> 32);
}

} // namespace

std::optional<route_trie::route_index> route_trie::add(const route_pattern& pattern, route_index route) {
  using kind = route_pattern::segment_kind;
  std::uint32_t at = 0;
  for (const auto& s : pattern.segments()) {
    switch (s.kind) {
    case kind::text: at = add_step(at, step_kind::text, s.text); break;
    case kind::parameter:
      if (nodes_[at].parameter == none) {
        nodes_[at].parameter = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
      }
      at = nodes_[at].parameter;
      break;
    case kind::rest_after_text: return add_rest(rests_[add_step(at, step_kind::rest, s.text)], s.ending, route);
    case kind::rest:
      if (nodes_[at].rest == none) {
        nodes_[at].rest = static_cast<std::uint32_t>(rests_.size());
        rests_.emplace_back();
      }
      return add_rest(rests_[nodes_[at].rest], s.ending, route);
    }
  }
  if (nodes_[at].route != none)
    return nodes_[at].route;
  nodes_[at].route = route;
  return std::nullopt;
}

std::optional<route_trie::route_index> route_trie::add_rest(rest_routes& at, const std::string& ending,
                                                            route_index route) {
  const auto before =
    std::find_if(at.begin(), at.end(), [&](const auto& other) { return other.ending.size() <= ending.size(); });
  const auto same = std::find_if(before, at.end(), [&](const auto& other) { return other.ending == ending; });
  if (same != at.end())
    return same->route;
  at.insert(before, {ending, route});
  return std::nullopt;
}

std::uint32_t route_trie::add_step(std::uint32_t from, step_kind kind, std::string_view text) {
  if (const auto known = follow(from, kind, text); known != none)
    return known;
  step made{from,
            0,
            hash_of(from, static_cast<std::uint8_t>(kind), text),
            static_cast<std::uint32_t>(texts_.size()),
            static_cast<std::uint16_t>(text.size()),
            kind};
  texts_ += text;
  if (kind == step_kind::text) {
    made.to = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    made.to = static_cast<std::uint32_t>(rests_.size());
    rests_.emplace_back();
    auto& lengths = nodes_[from].rest_texts_of;
    const auto at = std::lower_bound(lengths.begin(), lengths.end(), made.bytes, std::greater<>{});
    if (at == lengths.end() || *at != made.bytes)
      lengths.insert(at, made.bytes);
  }
  if (++steps_used_ * 2 > steps_.size()) {
    const auto old = std::exchange(steps_, std::vector<step>(steps_.size() * 2));
    for (const auto& s : old) {
      if (s.to != none)
        put(s);
    }
  }
  put(made);
  return made.to;
}

void route_trie::put(const step& s) {
  auto slot = s.hash & (steps_.size() - 1);
  while (steps_[slot].to != none)
    slot = (slot + 1) & (steps_.size() - 1);
  steps_[slot] = s;
}

std::uint32_t route_trie::follow(std::uint32_t from, step_kind kind, std::string_view text) const noexcept {
  const auto hash = hash_of(from, static_cast<std::uint8_t>(kind), text);
  for (auto slot = hash & (steps_.size() - 1);; slot = (slot + 1) & (steps_.size() - 1)) {
    const auto& s = steps_[slot];
    if (s.to == none)
      return none;
    if (s.hash == hash && s.from == from && s.kind == kind && s.bytes == text.size() &&
        std::string_view{texts_}.substr(s.text, s.bytes) == text)
      return s.to;
  }
}

std::optional<route_trie::route_index> route_trie::find(std::string_view name, values& into) const noexcept {
  into.count = 0;
  const auto found = name.empty() ? nodes_.front().route : walk(0, name, into);
  return found == none ? std::nullopt : std::optional{found};
}

/// The branches in the order of precedence; what a failed one had taken is given back.
route_trie::route_index route_trie::walk(std::uint32_t at, std::string_view left, values& into) const noexcept {
  const auto& here = nodes_[at];
  const auto part = left.substr(0, left.find('/'));
  if (const auto next = follow(at, step_kind::text, part); next != none) {
    if (const auto found = arrive(next, part, left, into); found != none)
      return found;
  }
  for (const auto bytes : here.rest_texts_of) {
    if (bytes >= left.size())
      continue;
    const auto rests = follow(at, step_kind::rest, left.substr(0, bytes));
    if (rests == none)
      continue;
    if (const auto found = take_rest(rests_[rests], left.substr(bytes), into); found != none)
      return found;
  }
  if (here.parameter != none && !part.empty()) {
    into.taken[into.count++] = part;
    if (const auto found = arrive(here.parameter, part, left, into); found != none)
      return found;
    --into.count;
  }
  return here.rest != none && !left.empty() ? take_rest(rests_[here.rest], left, into) : none;
}

route_trie::route_index route_trie::arrive(std::uint32_t at, std::string_view part, std::string_view left,
                                           values& into) const noexcept {
  return part.size() == left.size() ? nodes_[at].route : walk(at, left.substr(part.size() + 1), into);
}

route_trie::route_index route_trie::take_rest(const rest_routes& at, std::string_view left,
                                              values& into) const noexcept {
  for (const auto& [ending, route] : at) {
    if (left.size() <= ending.size() || !left.ends_with(ending))
      continue;
    into.taken[into.count++] = left.substr(0, left.size() - ending.size());
    return route;
  }
  return none;
}

std::optional<route_trie::route_index> shadow_of(const route_pattern& pattern, const route_trie& trie,
                                                 route_trie::route_index route) {
  constexpr std::string_view characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@-";
  std::optional<route_trie::route_index> other;
  route_trie::values ignored;
  const auto is_taken = [&](std::string_view text) {
    // What begins with an empty segment, or holds one, is out of the reach of most parameters and texts.
    const std::string one{text};
    for (const auto& rest : {"/" + one, one + "//" + one, one}) {
      const auto found = trie.find(pattern.filled_with(text, rest), ignored);
      if (found == route)
        return false;
      other = found;
    }
    return true;
  };
  for (const char first : characters) {
    if (!is_taken({&first, 1}))
      return std::nullopt;
  }
  for (const char first : characters) {
    for (const char second : characters) {
      const char both[] = {first, second};
      if (!is_taken({both, 2}))
        return std::nullopt;
    }
  }
  return other;
}

} // namespace troupe::config
