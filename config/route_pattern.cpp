#include "config/route_pattern.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <utility>

namespace troupe::config {

namespace {

constexpr auto wrong_character = "a pattern consists of A-Z a-z 0-9 _ . : / @ - and the names after ':' and '*'";
constexpr auto empty_segment = "a pattern has no empty segment: no '/' at its start or end, and no '//'";

bool is_name_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == ':' || c == '@' || c == '-';
}

bool is_text(std::string_view text) noexcept { return std::all_of(text.begin(), text.end(), is_name_character); }

bool is_variable_name(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// Why the text behind a rest is no sequence of segments of text; empty when it is one.
std::string refuse_ending(std::string_view ending) {
  while (!ending.empty()) {
    ending.remove_prefix(1); // the '/'
    const auto slash = std::min(ending.find('/'), ending.size());
    const auto part = ending.substr(0, slash);
    if (part.empty())
      return empty_segment;
    if (part.front() == ':' || part.find('*') != std::string_view::npos)
      return "after \"*rest\" only text may follow";
    if (!is_text(part))
      return wrong_character;
    ending.remove_prefix(slash);
  }
  return {};
}

} // namespace

std::weak_ordering route_pattern::segment::operator<=>(const segment& other) const {
  if (kind != other.kind)
    return kind <=> other.kind;
  if (text.size() != other.text.size())
    return other.text.size() <=> text.size();
  if (text != other.text)
    return text <=> other.text;
  if (ending.size() != other.ending.size())
    return other.ending.size() <=> ending.size();
  return ending <=> other.ending;
}

std::variant<route_pattern, std::string> route_pattern::parse(std::string_view text, route_form form) {
  if (text.size() > protocol::limits::room_bytes_max)
    return "a pattern has at most " + std::to_string(protocol::limits::room_bytes_max) + " characters";
  route_pattern result;
  auto left = text;
  if (form == route_form::room && text.empty())
    return std::string{"a pattern must not be empty; \"*room\" matches every room"};
  if (form == route_form::path) {
    if (!text.starts_with('/'))
      return std::string{"a path begins with '/'"};
    left.remove_prefix(1);
    if (left.empty())
      return result;
  }
  const auto take_variable = [&](std::string_view name) -> std::string {
    if (!is_variable_name(name))
      return "the name after ':' or '*' is lower-case letters, digits and '_', as in \":ticket\"";
    if (std::find(result.variables_.begin(), result.variables_.end(), name) != result.variables_.end())
      return "the name '" + std::string{name} + "' stands twice in the pattern";
    if (result.variables_.size() == route_variables_max)
      return "a pattern has at most " + std::to_string(route_variables_max) + " names after ':' and '*'";
    result.variables_.emplace_back(name);
    return {};
  };
  for (;;) {
    const auto slash = left.find('/');
    const auto part = left.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (part.empty())
      return std::string{empty_segment};
    if (const auto star = part.find('*'); star != std::string_view::npos) {
      if (!last && form == route_form::room)
        return std::string{"\"*rest\" takes the rest of the name, so it must come last"};
      const auto before = part.substr(0, star);
      const auto ending = last ? std::string_view{} : left.substr(slash);
      auto why = take_variable(part.substr(star + 1));
      if (why.empty() && !is_text(before))
        why = wrong_character;
      if (why.empty())
        why = refuse_ending(ending);
      if (!why.empty())
        return why;
      const auto kind = before.empty() ? segment_kind::rest : segment_kind::rest_after_text;
      result.segments_.push_back({kind, std::string{before}, std::string{ending}});
      return result;
    }
    if (part.front() == ':') {
      if (auto why = take_variable(part.substr(1)); !why.empty())
        return why;
      result.segments_.push_back({segment_kind::parameter, {}, {}});
    } else {
      if (!is_text(part))
        return std::string{wrong_character};
      result.segments_.push_back({segment_kind::text, std::string{part}, {}});
    }
    if (last)
      return result;
    left.remove_prefix(slash + 1);
  }
}

bool route_pattern::takes_everything() const noexcept {
  return segments_.size() == 1 && segments_.front().kind == segment_kind::rest && segments_.front().ending.empty();
}

std::string route_pattern::filled_with(std::string_view text, std::string_view rest) const {
  std::string name;
  for (const auto& s : segments_) {
    if (&s != &segments_.front())
      name += '/';
    name += s.text;
    if (s.kind == segment_kind::parameter)
      name += text;
    else if (s.kind != segment_kind::text)
      name += rest;
    name += s.ending;
  }
  return name;
}

} // namespace troupe::config
