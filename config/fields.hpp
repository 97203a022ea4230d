// config/fields.hpp
//
// Walks the field lists of config/options.hpp, so that the loader, the environment, `config show`
// and the tests all see every option without naming one.
#pragma once

#include "config/options.hpp"

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::config {

/// True for the structs of options.hpp, false for single values and lists.
template <class T>
inline constexpr bool is_table = boost::describe::has_describe_members<std::remove_const_t<T>>::value;

/// True for a list of tables (`[[rooms]]`, `[[auth.keys]]`).
template <class T>
inline constexpr bool is_table_list = false;
template <class T>
inline constexpr bool is_table_list<std::vector<T>> = is_table<T>;
template <class T>
inline constexpr bool is_table_list<const std::vector<T>> = is_table<T>;

/// Calls `visit(name, member)` for each field in the order of its list.
template <class Table, class Visit>
void for_each_field(Table& table, Visit&& visit) {
  using members = boost::describe::describe_members<std::remove_const_t<Table>, boost::describe::mod_public>;
  boost::mp11::mp_for_each<members>(
    [&](auto member) { visit(std::string_view{member.name}, table.*decltype(member)::pointer); });
}

/// `table.key`, or the key alone at the top level.
inline std::string join_path(std::string_view table, std::string_view key) {
  return table.empty() ? std::string{key} : std::string{table} + '.' + std::string{key};
}

/// Calls `visit(path, value)` for each single value below `table`, depth first. A list of tables is
/// left out: what its elements hold depends on the file.
template <class Table, class Visit>
void for_each_value(Table& table, std::string_view path, Visit&& visit) {
  for_each_field(table, [&](std::string_view name, auto& member) {
    using type = std::remove_reference_t<decltype(member)>;
    if constexpr (is_table<type>)
      for_each_value(member, join_path(path, name), visit);
    else if constexpr (!is_table_list<type>)
      visit(join_path(path, name), member);
  });
}

} // namespace troupe::config
