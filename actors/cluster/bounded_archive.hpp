// actors/cluster/bounded_archive.hpp
//
// Reads what another node says it encoded: portable binary archives of cereal, little-endian,
// over described structs (actors/recording/archive.hpp). cereal's own reader believes every
// length it meets, so bytes from outside never meet it.
#pragma once

#include "protocol/described.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace troupe::actors {

/// Bytes that are no archive of the type asked for.
struct undecodable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace archived {

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

/// Fewest bytes an archive of `T` can have, and how deep its lists, options, alternatives and
/// structs lie in one another. Both follow from the type: no archive can nest deeper.
struct shape {
  std::size_t bytes_min = 0;
  std::size_t nesting = 0;
};

template <class T>
consteval shape shape_of() {
  namespace mp11 = boost::mp11;
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return {sizeof(T), 0};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return {sizeof(std::uint64_t), 0};
  } else if constexpr (protocol::is_list<T>) {
    return {sizeof(std::uint64_t), 1 + shape_of<typename T::value_type>().nesting};
  } else if constexpr (protocol::is_optional<T>) {
    return {1, 1 + shape_of<typename T::value_type>().nesting};
  } else if constexpr (is_array<T>) {
    constexpr auto one = shape_of<typename T::value_type>();
    return {std::tuple_size_v<T> * one.bytes_min, 1 + one.nesting};
  } else if constexpr (is_variant<T>) {
    shape all{SIZE_MAX, 0};
    mp11::mp_for_each<mp11::mp_transform<mp11::mp_identity, T>>([&](auto alternative) {
      constexpr auto one = shape_of<typename decltype(alternative)::type>();
      all = {std::min(all.bytes_min, one.bytes_min), std::max(all.nesting, one.nesting)};
    });
    return {sizeof(std::int32_t) + all.bytes_min, 1 + all.nesting};
  } else {
    static_assert(protocol::described<T>, "only described structs travel");
    shape all;
    mp11::mp_for_each<protocol::fields_of<T>>([&](auto field) {
      constexpr auto one = shape_of<protocol::field_type<decltype(field), T>>();
      all = {all.bytes_min + one.bytes_min, std::max(all.nesting, one.nesting)};
    });
    return {all.bytes_min, 1 + all.nesting};
  }
}

inline constexpr std::size_t nesting_max = 12;

/// An element of a list takes at most so many bytes of memory for each of the bytes that have
/// to be there to announce it.
inline constexpr std::size_t growth_max = 8;

} // namespace archived

/// One archive, read from bytes that somebody else owns.
///
/// Limits: every length is checked against the bytes that remain before anything is allocated,
///         so what is allocated is at most `growth_max` times what was received.
/// Errors: throws `undecodable` for a length beyond the end, an alternative, enumerator or truth
///         value that does not exist, the other byte order, and bytes that are left over.
class bounded_archive {
public:
  explicit bounded_archive(std::string_view bytes) : left_(bytes) {
    if (number<std::uint8_t>() != 1)
      throw undecodable("an archive is little-endian and says so first");
  }

  /// The whole archive as one `T`.
  template <class T>
  static T decode(std::string_view bytes) {
    static_assert(archived::shape_of<T>().nesting <= archived::nesting_max);
    bounded_archive archive(bytes);
    T what{};
    archive.read(what);
    if (!archive.left_.empty())
      throw undecodable(std::to_string(archive.left_.size()) + " bytes are left over");
    return what;
  }

private:
  template <class T>
  void read(T& into) {
    if constexpr (std::is_same_v<T, bool>) {
      into = truth();
    } else if constexpr (std::is_integral_v<T>) {
      into = static_cast<T>(number<std::make_unsigned_t<T>>());
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(protocol::described_enum<T>, "an enum that travels names its values");
      into = static_cast<T>(number<std::make_unsigned_t<std::underlying_type_t<T>>>());
      if (protocol::name_of(into) == "?")
        throw undecodable("there is no such enumerator");
    } else if constexpr (std::is_same_v<T, std::string>) {
      into = take(length(1));
    } else if constexpr (protocol::is_list<T>) {
      read_list(into);
    } else if constexpr (protocol::is_optional<T>) {
      if (const bool absent = truth(); absent)
        into.reset();
      else
        read(into.emplace());
    } else if constexpr (archived::is_array<T>) {
      for (auto& element : into)
        read(element);
    } else if constexpr (archived::is_variant<T>) {
      read_alternative(into);
    } else {
      protocol::for_each_field(into, [this](std::string_view, auto& field) { read(field); });
    }
  }

  template <class T>
  void read_list(T& into) {
    using element = typename T::value_type;
    constexpr auto bytes_min = archived::shape_of<element>().bytes_min;
    static_assert(bytes_min > 0 && sizeof(element) <= archived::growth_max * bytes_min);
    const auto count = length(bytes_min);
    into.clear();
    into.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      read(into.emplace_back());
  }

  template <class T>
  void read_alternative(T& into) {
    const auto index = number<std::uint32_t>();
    if (index >= std::variant_size_v<T>)
      throw undecodable("there is no alternative " + std::to_string(index));
    boost::mp11::mp_with_index<std::variant_size_v<T>>(index, [&](auto i) { read(into.template emplace<i>()); });
  }

  bool truth() {
    const auto value = number<std::uint8_t>();
    if (value > 1)
      throw undecodable("a truth value is 0 or 1");
    return value == 1;
  }

  /// How many elements follow, each of which takes at least `bytes_min` bytes.
  std::size_t length(std::size_t bytes_min) {
    const auto count = number<std::uint64_t>();
    if (count > left_.size() / bytes_min)
      throw undecodable("a length of " + std::to_string(count) + " reaches beyond the end");
    return static_cast<std::size_t>(count);
  }

  template <class Unsigned>
  Unsigned number() {
    Unsigned value = 0;
    const auto bytes = take(sizeof value);
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = static_cast<Unsigned>(value | static_cast<Unsigned>(static_cast<unsigned char>(bytes[i])) << (8 * i));
    return value;
  }

  std::string_view take(std::size_t count) {
    if (count > left_.size())
      throw undecodable("the bytes end too early");
    const auto taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }

  std::string_view left_;
};

} // namespace troupe::actors
