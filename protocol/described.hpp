// protocol/described.hpp
//
// Walking the field list of a described struct: the one place where Boost.Describe is
// taken apart. Codecs, the schema, recordings and CAF's inspect are built on it.
#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::protocol {

/// A struct with a BOOST_DESCRIBE_STRUCT line.
template <class T>
concept described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

/// An enum with a BOOST_DESCRIBE_ENUM line.
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

/// The descriptors of the public members of `T` in the order of its line; each has a
/// `name` (`const char*`) and a `pointer` to member, both constexpr.
template <described T>
using fields_of = boost::describe::describe_members<T, boost::describe::mod_public>;

template <described T>
inline constexpr std::size_t field_count = boost::mp11::mp_size<fields_of<T>>::value;

/// The type of the member that a descriptor names.
template <class Field, class Owner>
using field_type = std::remove_cvref_t<decltype(std::declval<Owner&>().*Field::pointer)>;

/// Calls `f(name, member)` for each field in order; `name` is a std::string_view.
template <class T, class F>
requires described<std::remove_const_t<T>>
constexpr void for_each_field(T& object, F&& f) {
  boost::mp11::mp_for_each<fields_of<std::remove_const_t<T>>>(
    [&](auto field) { f(std::string_view{field.name}, object.*field.pointer); });
}

/// Calls `f(all members…)` at once: what CAF's inspect and cereal's archives want.
template <class T, class F>
requires described<std::remove_const_t<T>>
constexpr decltype(auto) with_fields(T& object, F&& f) {
  return [&]<template <class...> class List, class... Field>(List<Field...>) -> decltype(auto) {
    return std::forward<F>(f)((object.*Field::pointer)...);
  }(fields_of<std::remove_const_t<T>>{});
}

/// The enumerator's name as the wire spells it; "?" for a value outside the list.
template <described_enum E>
constexpr std::string_view name_of(E value) noexcept {
  std::string_view name = "?";
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
    if (enumerator.value == value)
      name = enumerator.name;
  });
  return name;
}

/// The enumerator of that name, if there is one.
template <described_enum E>
constexpr std::optional<E> enum_from(std::string_view name) noexcept {
  std::optional<E> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
    if (name == enumerator.name)
      found = enumerator.value;
  });
  return found;
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

} // namespace troupe::protocol
