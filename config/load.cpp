#include "config/load.hpp"

#include "config/checks.hpp"
#include "config/fields.hpp"
#include "config/room_patterns.hpp"
#include "config/suggest.hpp"
#include "config/values.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>

#include <unistd.h>

namespace troupe::config {

namespace {

constexpr std::size_t routes_max = 1'024;

bool takes_everything(const room_policy& policy) {
  const auto parsed = route_pattern::parse(policy.pattern, route_form::room);
  const auto* pattern = std::get_if<route_pattern>(&parsed);
  return pattern && pattern->takes_everything();
}

// -- walking a file -----------------------------------------------------------------------

class file_reader {
public:
  file_reader(std::string name, effective& into, problems& found)
    : name_(std::move(name)), into_(into), problems_(found) {}

  template <class Table>
  void read_table(const toml::table& source, Table& target, std::string_view path, const std::string& place_path) {
    for (const auto& [key, node] : source)
      read_key(key, node, target, path, place_path);
  }

  void read_tables(const toml::array& source, std::vector<room_policy>& target) {
    std::vector<room_policy> policies;
    std::vector<route_table<std::monostate>::route> routes;
    std::vector<toml::source_region> places; // Of the routes.
    for (const auto& element : source) {
      const auto* table = element.as_table();
      if (!table) {
        complain(element.source(), "rooms must be written as tables: [[rooms]]");
        return;
      }
      room_policy policy;
      read_table(*table, policy, "rooms", "rooms[" + std::to_string(policies.size()) + "]");
      const auto* pattern = table->get("pattern");
      if (!pattern) {
        complain(table->source(), "this [[rooms]] needs a pattern; \"*room\" matches every room");
      } else if (pattern->is_string()) {
        const auto& where = places.emplace_back(pattern->source());
        routes.push_back({policy.pattern, {}, name_ + ':' + std::to_string(where.begin.line)});
      }
      policies.push_back(std::move(policy));
    }
    if (policies.size() > room_patterns_max)
      complain(source.source(), "there are at most " + std::to_string(room_patterns_max) + " [[rooms]]");
    const auto built = route_table<std::monostate>::build(std::move(routes), route_form::room);
    if (const auto* wrong = std::get_if<std::vector<route_problem>>(&built)) {
      for (const auto& [route, message] : *wrong)
        complain(places[route], "rooms.pattern " + message);
    }
    if (std::none_of(policies.begin(), policies.end(), takes_everything))
      policies.emplace_back();
    target = std::move(policies);
  }

  void read_tables(const toml::array& source, std::vector<auth_key>& target) {
    std::vector<auth_key> keys;
    std::vector<std::string> kids;
    for (const auto& element : source) {
      const auto* table = element.as_table();
      if (!table) {
        complain(element.source(), "auth.keys must be written as tables: [[auth.keys]]");
        return;
      }
      auth_key key;
      const auto before = problems_.size();
      read_table(*table, key, "auth.keys", "auth.keys[" + std::to_string(keys.size()) + "]");
      if (auto why = check_key(key); why && problems_.size() == before)
        complain(table->source(), "this [[auth.keys]] " + *why);
      if (!key.kid.empty() && std::find(kids.begin(), kids.end(), key.kid) != kids.end())
        complain(table->source(), "there is another [[auth.keys]] with the kid \"" + key.kid + "\"");
      kids.push_back(key.kid);
      keys.push_back(std::move(key));
    }
    if (keys.size() > auth_keys_max)
      complain(source.source(), "there are at most " + std::to_string(auth_keys_max) + " [[auth.keys]]");
    target = std::move(keys);
  }

  void read_tables(const toml::array& source, std::vector<route_options>& target) {
    std::vector<route_options> routes;
    for (const auto& element : source) {
      const auto* table = element.as_table();
      if (!table) {
        complain(element.source(), "routes must be written as tables: [[routes]]");
        return;
      }
      const auto place_path = "routes[" + std::to_string(routes.size()) + "]";
      const auto where = table->source().begin;
      into_.places[place_path] = place{place::kind::file, name_, where.line, where.column};
      read_table(*table, routes.emplace_back(), "routes", place_path);
    }
    if (routes.size() > routes_max)
      complain(source.source(), "there are at most " + std::to_string(routes_max) + " [[routes]]");
    target = std::move(routes);
  }

  void complain(const toml::source_region& where, std::string message) {
    problems_.push_back({name_, where.begin.line, where.begin.column, std::move(message)});
  }

private:
  template <class Table>
  void read_key(const toml::key& key, const toml::node& node, Table& target, std::string_view path,
                const std::string& place_path) {
    bool known = false;
    for_each_field(target, [&](std::string_view name, auto& member) {
      if (name != key.str())
        return;
      known = true;
      read_member(key, node, member, join_path(path, name), join_path(place_path, name));
    });
    if (!known)
      complain(key.source(), "there is no option " + join_path(path, key.str()) + suggestion(path, key.str()));
  }

  template <class T>
  void read_member(const toml::key& key, const toml::node& node, T& member, const std::string& path,
                   const std::string& place_path) {
    if constexpr (is_table<T>) {
      if (const auto* table = node.as_table())
        read_table(*table, member, path, place_path);
      else
        complain(node.source(), path + " must be a table: [" + path + "]");
    } else if constexpr (is_table_list<T>) {
      if (const auto* array = node.as_array())
        read_tables(*array, member);
      else
        complain(node.source(), path + " must be written as tables: [[" + path + "]]");
    } else {
      auto read = read_node<T>(path, node);
      if (const auto* why = std::get_if<refusal>(&read)) {
        complain(node.source(), path + ' ' + why->text);
      } else {
        member = std::get<0>(std::move(read));
        const auto where = key.source().begin;
        into_.places[place_path] = place{place::kind::file, name_, where.line, where.column};
      }
    }
  }

  std::string name_;
  effective& into_;
  problems& problems_;
};

room_policy* policy_for_every_name(options& values) {
  const auto found = std::find_if(values.rooms.begin(), values.rooms.end(), takes_everything);
  return found == values.rooms.end() ? nullptr : &*found;
}

/// Visits every value that a name alone can set, and the path under which its place is kept.
template <class Visit>
void for_each_settable(options& values, Visit&& visit) {
  for_each_value(values, "", [&](const std::string& path, auto& value) { visit(path, path, value); });
  auto* policy = policy_for_every_name(values);
  if (!policy)
    return;
  const auto place_path = "rooms[" + std::to_string(policy - values.rooms.data()) + ']';
  for_each_field(*policy, [&](std::string_view name, auto& value) {
    if (name != "pattern")
      visit(join_path("rooms", name), join_path(place_path, name), value);
  });
}

} // namespace

std::string to_string(const problem& what) {
  auto text = what.file;
  if (what.line != 0)
    text += ':' + std::to_string(what.line) + ':' + std::to_string(what.column);
  return text + ": " + what.message;
}

std::string variable_name(std::string_view path) {
  std::string name = "TROUPE_";
  for (const char c : path)
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::vector<std::string> process_environment() {
  std::vector<std::string> variables;
  for (auto** entry = environ; entry && *entry; ++entry)
    variables.emplace_back(*entry);
  return variables;
}

void layers::add_file(const std::filesystem::path& file) {
  std::ifstream input{file, std::ios::binary};
  if (!input.is_open() || std::filesystem::is_directory(file)) {
    problems_.push_back({file.string(), 0, 0, "cannot be read; give an existing file with --config"});
    return;
  }
  add_text(file.string(), std::string{std::istreambuf_iterator<char>{input}, {}});
}

void layers::add_text(std::string_view name, std::string_view toml) {
  file_reader reader{std::string{name}, result_, problems_};
  try {
    const auto table = toml::parse(toml, name);
    reader.read_table(table, result_.values, "", "");
  } catch (const toml::parse_error& error) {
    reader.complain(error.source(), "this is not TOML: " + std::string{error.description()});
  }
}

void layers::add_environment(const std::vector<std::string>& variables) {
  std::map<std::string, std::string> paths; // By the name of the variable.
  std::vector<std::string> beginnings;      // TROUPE_LISTEN_ and the like.
  for_each_settable(result_.values, [&](const std::string& path, const std::string&, auto&) {
    paths.emplace(variable_name(path), path);
    if (const auto dot = path.find('.'); dot != std::string::npos)
      beginnings.push_back(variable_name(path.substr(0, dot + 1)));
  });
  for (const auto& variable : variables) {
    const auto equals = variable.find('=');
    const auto name = variable.substr(0, equals);
    if (equals == std::string::npos || !name.starts_with("TROUPE_"))
      continue;
    if (const auto found = paths.find(name); found != paths.end()) {
      set_by_name(found->second, std::string_view{variable}.substr(equals + 1), {place::kind::environment, name});
    } else if (std::any_of(beginnings.begin(), beginnings.end(), [&](const auto& b) { return name.starts_with(b); })) {
      std::vector<std::string> names;
      names.reserve(paths.size());
      for (const auto& [known, path] : paths)
        names.push_back(known);
      problems_.push_back({name, 0, 0, "there is no such option" + did_you_mean(closest(name, names))});
    }
  }
}

void layers::add_flag(std::string_view flag, std::string_view path, std::string_view value) {
  set_by_name(path, value, {place::kind::flag, std::string{flag}});
}

void layers::set_by_name(std::string_view path, std::string_view value, place where) {
  bool known = false;
  for_each_settable(result_.values, [&](const std::string& candidate, const std::string& place_path, auto& member) {
    if (candidate != path)
      return;
    known = true;
    auto read = read_text<std::remove_reference_t<decltype(member)>>(path, value);
    if (const auto* why = std::get_if<refusal>(&read)) {
      problems_.push_back({where.name, 0, 0, std::string{path} + ' ' + why->text});
    } else {
      member = std::get<0>(std::move(read));
      result_.places[place_path] = where;
    }
  });
  if (!known)
    problems_.push_back({where.name, 0, 0, "there is no option " + std::string{path}});
}

std::variant<effective, problems> layers::finish() && {
  for (auto& found : check_together(result_.values)) {
    auto where = result_.places.find(found.path);
    if (where == result_.places.end())
      where = result_.places.find(found.other);
    const auto at = where == result_.places.end() ? place{} : where->second;
    problems_.push_back({at.name, at.line, at.column, std::move(found.message)});
  }
  if (problems_.empty())
    return std::move(result_);
  std::stable_sort(problems_.begin(), problems_.end(), [](const problem& a, const problem& b) {
    return a.file == b.file && std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(problems_);
}

std::variant<options, problems> load(const std::filesystem::path& file) {
  layers all;
  all.add_file(file);
  auto result = std::move(all).finish();
  if (auto* found = std::get_if<problems>(&result))
    return std::move(*found);
  return std::get<effective>(std::move(result)).values;
}

} // namespace troupe::config
