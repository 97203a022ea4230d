#include "config/room_patterns.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace troupe::config {

namespace {

bool is_name_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == ':' || c == '@' || c == '-';
}

bool is_variable_name(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

} // namespace

std::variant<room_pattern, std::string> room_pattern::parse(std::string_view text) {
  if (text.empty())
    return std::string{"a pattern must not be empty; \"*room\" matches every room"};
  if (text.size() > protocol::limits::room_bytes_max)
    return "a pattern has at most " + std::to_string(protocol::limits::room_bytes_max) + " characters";
  room_pattern result;
  std::set<std::string_view> variables;
  const auto take_variable = [&](std::string_view name) -> std::string {
    if (!is_variable_name(name))
      return "the name after ':' or '*' is lower-case letters, digits and '_', as in \":ticket\"";
    if (!variables.insert(name).second)
      return "the name '" + std::string{name} + "' stands twice in the pattern";
    return {};
  };
  for (auto left = text;;) {
    const auto slash = left.find('/');
    const auto part = left.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (part.empty())
      return std::string{"a pattern has no empty segment: no '/' at its start or end, and no '//'"};
    if (const auto star = part.find('*'); star != std::string_view::npos) {
      if (!last)
        return std::string{"\"*rest\" takes the rest of the name, so it must come last"};
      if (auto why = take_variable(part.substr(star + 1)); !why.empty())
        return why;
      const auto before = part.substr(0, star);
      if (!std::all_of(before.begin(), before.end(), is_name_character))
        return std::string{"a pattern consists of A-Z a-z 0-9 _ . : / @ - and the names after ':' and '*'"};
      const auto kind = before.empty() ? segment_kind::rest : segment_kind::rest_after_text;
      result.segments_.push_back({kind, std::string{before}});
    } else if (part.front() == ':') {
      if (auto why = take_variable(part.substr(1)); !why.empty())
        return why;
      result.segments_.push_back({segment_kind::parameter, {}});
    } else {
      if (!std::all_of(part.begin(), part.end(), is_name_character))
        return std::string{"a pattern consists of A-Z a-z 0-9 _ . : / @ - and the names after ':' and '*'"};
      result.segments_.push_back({segment_kind::text, std::string{part}});
    }
    if (last)
      return result;
    left.remove_prefix(slash + 1);
  }
}

bool room_pattern::matches(std::string_view room) const noexcept {
  auto left = room;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const auto& s = segments_[i];
    if (s.kind == segment_kind::rest || s.kind == segment_kind::rest_after_text)
      return left.size() > s.text.size() && left.starts_with(s.text);
    const auto slash = left.find('/');
    const auto part = left.substr(0, slash);
    if (s.kind == segment_kind::parameter ? part.empty() : part != s.text)
      return false;
    if (slash == std::string_view::npos)
      return i + 1 == segments_.size();
    left.remove_prefix(slash + 1);
  }
  return false;
}

bool room_pattern::takes_everything() const noexcept {
  return segments_.size() == 1 && segments_.front().kind == segment_kind::rest;
}

bool room_pattern::same_shape(const room_pattern& other) const noexcept { return segments_ == other.segments_; }

bool room_pattern::goes_before(const room_pattern& other) const noexcept {
  const auto shorter = std::min(segments_.size(), other.segments_.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    const auto& a = segments_[i];
    const auto& b = other.segments_[i];
    if (a.kind != b.kind)
      return a.kind < b.kind;
    if (a.text.size() != b.text.size())
      return a.text.size() > b.text.size();
    if (a.text != b.text)
      return a.text < b.text;
  }
  return segments_.size() > other.segments_.size();
}

room_patterns::room_patterns(const std::vector<room_policy>& policies) {
  for (const auto& policy : policies) {
    auto parsed = room_pattern::parse(policy.pattern);
    if (const auto* why = std::get_if<std::string>(&parsed))
      throw std::invalid_argument("room pattern \"" + policy.pattern + "\": " + *why);
    entries_.push_back({std::get<room_pattern>(std::move(parsed)), policy});
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const entry& a, const entry& b) { return a.pattern.goes_before(b.pattern); });
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].pattern.same_shape(entries_[i - 1].pattern))
      throw std::invalid_argument("room patterns \"" + entries_[i - 1].policy.pattern + "\" and \"" +
                                  entries_[i].policy.pattern + "\" match the same names");
  }
}

const room_policy& room_patterns::policy_for(std::string_view room) const noexcept {
  for (const auto& e : entries_) {
    if (e.pattern.matches(room))
      return e.policy;
  }
  return otherwise_;
}

} // namespace troupe::config
