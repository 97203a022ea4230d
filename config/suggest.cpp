#include "config/suggest.hpp"

#include "config/fields.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::config {

namespace {

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char written : a) {
    auto diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (written == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

} // namespace

std::optional<std::string> closest(std::string_view name, const std::vector<std::string>& candidates) {
  const auto* best = static_cast<const std::string*>(nullptr);
  auto least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    if (const auto d = distance(name, candidate); d < least) {
      least = d;
      best = &candidate;
    }
  }
  return best ? std::optional{*best} : std::nullopt;
}

std::string did_you_mean(const std::optional<std::string>& candidate) {
  return candidate ? "; did you mean \"" + *candidate + "\"?" : std::string{};
}

std::string suggestion(std::string_view table, std::string_view key) {
  std::vector<std::string> here;  // Keys and tables of the same table.
  std::vector<std::string> paths; // Of the same key elsewhere.
  const auto visit_key = [&](std::string_view owner, std::string_view name) {
    if (owner == table)
      here.emplace_back(name);
    else if (name == key)
      paths.push_back(join_path(owner, name));
  };
  const options defaults;
  for_each_field(defaults, [&](std::string_view name, const auto& member) {
    visit_key("", name);
    if constexpr (is_table<std::remove_reference_t<decltype(member)>>)
      for_each_field(member, [&](std::string_view inner, const auto&) { visit_key(name, inner); });
  });
  const room_policy policy;
  for_each_field(policy, [&](std::string_view name, const auto&) { visit_key("rooms", name); });
  const auth_key source;
  for_each_field(source, [&](std::string_view name, const auto&) { visit_key("auth.keys", name); });
  if (auto slip = closest(key, here))
    return did_you_mean(slip);
  return did_you_mean(paths.empty() ? std::nullopt : std::optional{paths.front()});
}

} // namespace troupe::config
