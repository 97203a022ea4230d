// config/values.hpp
//
// One value, from TOML or from plain text, into its type. Included by load.cpp only.
#pragma once

#include "config/checks.hpp"

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <toml++/toml.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::config {

/// What a type is called in a message.
template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_integral_v<T>)
    return "a whole number";
  else if constexpr (std::is_same_v<T, std::vector<std::string>>)
    return "a list of strings";
  else
    return "a string";
}

/// Why a value cannot stand, to follow the name of the option.
struct refusal {
  std::string text;
};

template <class T>
using read_result = std::variant<T, refusal>;

// -- the same checks, wherever a value comes from ----------------------------------

template <class T>
read_result<T> accept_number(std::string_view path, std::int64_t value) {
  const auto range = bounds_of(path).value_or(bounds{path, 0, 0});
  if (value < range.least || value > range.most)
    return refusal{"is " + std::to_string(value) + ", but must be from " + std::to_string(range.least) + " to " +
                   std::to_string(range.most)};
  return static_cast<T>(value);
}

inline read_result<std::string> accept_text(std::string_view path, std::string value) {
  if (auto why = check_text(path, value))
    return refusal{std::move(*why)};
  return value;
}

inline read_result<std::vector<std::string>> accept_list(std::string_view path, std::vector<std::string> value) {
  if (auto why = check_list(path, value))
    return refusal{std::move(*why)};
  return value;
}

template <class Enum>
read_result<Enum> accept_name(std::string_view name) {
  std::optional<Enum> found;
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto e) {
    if (name == e.name)
      found = e.value;
    if (!check_choice(e.value))
      names += (names.empty() ? "\"" : " or \"") + std::string{e.name} + '"';
  });
  if (!found)
    return refusal{"must be " + names};
  if (auto why = check_choice(*found))
    return refusal{std::move(*why)};
  return *found;
}

// -- from TOML ------------------------------------------------------------------------

template <class T>
read_result<T> read_node(std::string_view path, const toml::node& node) {
  const auto wrong_type = [&] { return refusal{"must be " + std::string{type_name<T>()}}; };
  if constexpr (std::is_same_v<T, bool>) {
    if (const auto* value = node.as_boolean())
      return value->get();
  } else if constexpr (std::is_integral_v<T>) {
    if (const auto* value = node.as_integer())
      return accept_number<T>(path, value->get());
  } else if constexpr (std::is_enum_v<T>) {
    if (const auto* value = node.as_string())
      return accept_name<T>(value->get());
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    if (const auto* array = node.as_array()) {
      std::vector<std::string> list;
      for (const auto& element : *array) {
        const auto* text = element.as_string();
        if (!text)
          return wrong_type();
        list.push_back(text->get());
      }
      return accept_list(path, std::move(list));
    }
  } else {
    static_assert(std::is_same_v<T, std::string>);
    if (const auto* value = node.as_string())
      return accept_text(path, value->get());
  }
  return wrong_type();
}

// -- from the environment and the command line ----------------------------------------

template <class T>
read_result<T> read_text(std::string_view path, std::string_view text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "false")
      return text == "true";
    return refusal{"must be " + std::string{type_name<T>()}};
  } else if constexpr (std::is_integral_v<T>) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
      return refusal{"is \"" + std::string{text} + "\", but must be " + std::string{type_name<T>()}};
    return accept_number<T>(path, value);
  } else if constexpr (std::is_enum_v<T>) {
    return accept_name<T>(text);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    std::vector<std::string> list;
    for (std::string_view left = text; !left.empty();) {
      const auto comma = left.find(',');
      list.emplace_back(left.substr(0, comma));
      left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
    }
    return accept_list(path, std::move(list));
  } else {
    return accept_text(path, std::string{text});
  }
}

} // namespace troupe::config
