#include "config/render.hpp"

#include "config/fields.hpp"

#include <boost/describe/enum_to_string.hpp>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <type_traits>

namespace troupe::config {

namespace {

template <class T>
std::string written(const T& value) {
  std::ostringstream text;
  if constexpr (std::is_same_v<T, bool>) {
    text << (value ? "true" : "false");
  } else if constexpr (std::is_integral_v<T>) {
    text << value;
  } else if constexpr (std::is_enum_v<T>) {
    text << '"' << boost::describe::enum_to_string(value, "?") << '"';
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    toml::array list;
    for (const auto& element : value)
      list.push_back(element);
    text << toml::toml_formatter{list, toml::format_flags::none};
  } else {
    text << toml::toml_formatter{toml::value<std::string>{value}, toml::format_flags::none};
  }
  return text.str();
}

std::string origin_of(const effective& what, const std::string& path) {
  const auto found = what.places.find(path);
  if (found == what.places.end())
    return "default";
  const auto& where = found->second;
  return where.from == place::kind::file ? where.name + ':' + std::to_string(where.line) : where.name;
}

class renderer {
public:
  explicit renderer(const effective& what) : what_(what) {}

  template <class Table>
  void write_values(const Table& table, const std::string& path) {
    for_each_field(table, [&](std::string_view name, const auto& member) {
      using type = std::remove_cvref_t<decltype(member)>;
      if constexpr (!is_table<type> && !is_table_list<type>) {
        auto line = std::string{name} + " = " + written(member);
        line.resize(std::max<std::size_t>(line.size(), 44), ' ');
        text_ += line + " # " + origin_of(what_, join_path(path, name)) + '\n';
      }
    });
  }

  /// The lists of tables among the fields, each element as a table of its own.
  template <class Table>
  void write_lists(const Table& table, const std::string& path) {
    for_each_field(table, [&](std::string_view name, const auto& member) {
      if constexpr (is_table_list<std::remove_cvref_t<decltype(member)>>) {
        const auto list = join_path(path, name);
        for (std::size_t i = 0; i < member.size(); ++i) {
          text_ += "\n[[" + list + "]]\n";
          write_values(member[i], list + '[' + std::to_string(i) + ']');
        }
      }
    });
  }

  std::string whole() && {
    write_values(what_.values, "");
    for_each_field(what_.values, [&](std::string_view name, const auto& member) {
      using type = std::remove_cvref_t<decltype(member)>;
      if constexpr (is_table<type>) {
        text_ += "\n[" + std::string{name} + "]\n";
        write_values(member, std::string{name});
        write_lists(member, std::string{name});
      }
    });
    write_lists(what_.values, "");
    return std::move(text_);
  }

private:
  const effective& what_;
  std::string text_;
};

} // namespace

std::string render(const effective& what) { return renderer{what}.whole(); }

} // namespace troupe::config
