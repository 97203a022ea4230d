#include "apps/troupe/reload.hpp"

#include "config/fields.hpp"
#include "config/render.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <string_view>

namespace troupe {

namespace {

// Tables and options that steps and chains are made of.
constexpr std::array<std::string_view, 11> reloadable = {
  "middleware",      "routes",     "rate_limit", "access_log", "validate",  "moderate",
  "circuit_breaker", "page_cache", "record",     "recover",    "log.level",
};

bool can_change(std::string_view option) {
  return std::any_of(reloadable.begin(), reloadable.end(), [&](auto name) {
    return option == name || (option.starts_with(name) && (option[name.size()] == '.' || option[name.size()] == '['));
  });
}

/// Every option as it would be written, by its name: tables of lists by their number.
std::map<std::string, std::string> written(const config::options& values) {
  std::map<std::string, std::string> all;
  std::map<std::string, std::size_t> rows;
  std::istringstream text{config::render({values, {}})};
  std::string table;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("[[")) {
      const auto name = line.substr(2, line.find(']') - 2);
      table = name + '[' + std::to_string(rows[name]++) + "].";
      all[table] = "";
    } else if (line.starts_with('[')) {
      table = line.substr(1, line.find(']') - 1) + '.';
    } else if (const auto equals = line.find(" = "); equals != std::string::npos) {
      all[table + line.substr(0, equals)] = line.substr(equals);
    }
  }
  return all;
}

} // namespace

reload_plan plan_reload(const config::options& holds, const config::options& read) {
  reload_plan plan{read, {}, {}};
  const auto before = written(holds);
  const auto after = written(read);
  const auto note = [&](const std::string& option) {
    auto& into = can_change(option) ? plan.taken : plan.not_taken;
    into.push_back(option.ends_with('.') ? option.substr(0, option.size() - 1) : option);
  };
  for (const auto& [option, value] : after)
    if (const auto was = before.find(option); was == before.end() || was->second != value)
      note(option);
  for (const auto& [option, value] : before)
    if (!after.contains(option))
      note(option);
  config::for_each_field(plan.next, [&](std::string_view name, auto& member) {
    if (can_change(name) || name == "log")
      return;
    config::for_each_field(holds, [&](std::string_view same, const auto& value) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::remove_cvref_t<decltype(member)>>)
        if (same == name)
          member = value;
    });
  });
  plan.next.log.queue_max = holds.log.queue_max;
  return plan;
}

} // namespace troupe
