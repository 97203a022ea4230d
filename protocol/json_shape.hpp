// protocol/json_shape.hpp
//
// How a value of a C++ type is filled from JSON, as tables made from the field lists of
// messages.hpp. The reader (json_reader.hpp) walks these tables and knows no message.
#pragma once

#include "protocol/described.hpp"
#include "protocol/limits.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocol::json {

enum class value_kind : std::uint8_t { absent, null, flag, integer, fraction, text, list, object };

/// A value as the parser saw it. Texts point into the frame or into the reader's own
/// buffer and are good until the next frame.
struct value {
  value_kind kind = value_kind::absent;
  bool flag = false;
  bool negative = false; ///< Then `bits` is the two's complement.
  std::uint64_t bits = 0;
  std::string_view text;
};

struct shape;

struct shape_field {
  std::string_view name;
  const shape* of = nullptr;
  void* (*member)(void* owner) = nullptr; ///< Makes an optional present.
  bool required = false;                  ///< An absent list is an empty one.
};

/// A C++ type without its type.
struct shape {
  value_kind kind = value_kind::absent;                  ///< text, integer, flag, list or object
  std::string_view wanted;                               ///< For messages: "must be a string" …
  bool (*assign)(void* to, const value& from) = nullptr; ///< Scalars; false when it does not fit.
  void (*reset)(void* composite) = nullptr;
  void* (*append)(void* list) = nullptr; ///< A new element.
  const shape* element = nullptr;
  std::span<const shape_field> fields;
};

template <class T>
struct unwrapped {
  using type = T;
};
template <class T>
struct unwrapped<std::optional<T>> {
  using type = T;
};
/// What stands on the wire for a member: the optional's inside.
template <class T>
using unwrapped_t = typename unwrapped<T>::type;

template <class T>
inline constexpr bool is_composite = is_list<T> || described<T>;

/// Sets a scalar; false when kind or range do not fit.
template <class T>
bool assign(T& to, const value& from) {
  if constexpr (std::same_as<T, std::string>) {
    if (from.kind != value_kind::text)
      return false;
    to.assign(from.text);
  } else if constexpr (std::same_as<T, bool>) {
    if (from.kind != value_kind::flag)
      return false;
    to = from.flag;
  } else if constexpr (described_enum<T>) {
    const auto found = from.kind == value_kind::text ? enum_from<T>(from.text) : std::nullopt;
    if (!found)
      return false;
    to = *found;
  } else if constexpr (std::same_as<T, std::int64_t>) {
    if (from.kind != value_kind::integer || (from.negative ? -from.bits : from.bits) > limits::integer_max)
      return false;
    to = static_cast<std::int64_t>(from.bits);
  } else {
    static_assert(std::same_as<T, std::uint64_t> || std::same_as<T, std::uint32_t>);
    constexpr std::uint64_t max =
      std::same_as<T, std::uint32_t> ? std::numeric_limits<std::uint32_t>::max() : limits::integer_max;
    if (from.kind != value_kind::integer || from.negative || from.bits > max)
      return false;
    to = static_cast<T>(from.bits);
  }
  return true;
}

/// How a message says what a `T` has to be.
template <class T>
constexpr std::string_view wanted() {
  if constexpr (std::same_as<T, std::string>)
    return "must be a string";
  else if constexpr (std::same_as<T, bool>)
    return "must be true or false";
  else if constexpr (described_enum<T>)
    return "must be one of the names in docs/protocol.md";
  else if constexpr (std::same_as<T, std::int64_t>)
    return "must be an integer between -2^53 and 2^53";
  else if constexpr (std::same_as<T, std::uint32_t>)
    return "must be an integer from 0 to 2^32 - 1";
  else if constexpr (std::same_as<T, std::uint64_t>)
    return "must be an integer from 0 to 2^53 - 1";
  else if constexpr (is_list<T>)
    return "must be an array";
  else
    return "must be an object";
}

template <class T>
constexpr value_kind kind_of() {
  if constexpr (std::same_as<T, bool>)
    return value_kind::flag;
  else if constexpr (std::integral<T>)
    return value_kind::integer;
  else if constexpr (is_list<T>)
    return value_kind::list;
  else if constexpr (described<T>)
    return value_kind::object;
  else
    return value_kind::text;
}

template <class T>
constexpr shape make_shape();

template <class T>
inline constexpr shape shape_of = make_shape<T>();

template <described T>
inline constexpr auto fields_shape = []<template <class...> class List, class... Field>(List<Field...>) {
  return std::array<shape_field, sizeof...(Field)>{
    shape_field{Field::name, &shape_of<unwrapped_t<field_type<Field, T>>>,
                [](void* owner) -> void* {
                  auto& member = static_cast<T*>(owner)->*Field::pointer;
                  if constexpr (is_optional<field_type<Field, T>>)
                    return &member.emplace();
                  else
                    return &member;
                },
                !is_optional<field_type<Field, T>> && !is_list<field_type<Field, T>>}...};
}(fields_of<T>{});

template <class T>
constexpr shape make_shape() {
  shape s{.kind = kind_of<T>(), .wanted = wanted<T>()};
  if constexpr (is_list<T>) {
    s.reset = [](void* list) { static_cast<T*>(list)->clear(); };
    s.append = [](void* list) -> void* { return &static_cast<T*>(list)->emplace_back(); };
    s.element = &shape_of<typename T::value_type>;
  } else if constexpr (described<T>) {
    static_assert(field_count<T> <= 64, "the reader marks seen fields in 64 bits");
    s.reset = [](void* object) { *static_cast<T*>(object) = T{}; };
    s.fields = fields_shape<T>;
  } else {
    s.assign = [](void* to, const value& from) { return json::assign(*static_cast<T*>(to), from); };
  }
  return s;
}

} // namespace troupe::protocol::json
