// tests/actors/cluster/samples.hpp
//
// Items with contents: random ones, and one of each form with contents that never change.
#pragma once

#include "actors/cluster/bounded_archive.hpp"
#include "actors/cluster/envelope.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors::testing {

/// Contents at random: empty and long strings, absent options, lists of every length.
class random_contents {
public:
  explicit random_contents(std::uint64_t seed) : random_(seed) {}

  std::uint64_t number() { return below(4) == 0 ? random_() : below(300); }
  std::size_t length() { return below(5); }
  bool truth() { return below(2) == 0; }
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string text() {
    std::string bytes(below(8) == 0 ? below(2'000) : below(30), '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random_());
    return bytes;
  }

private:
  std::mt19937_64 random_;
};

/// Contents that are always the same: everything is there, every field differs from its neighbours.
class fixed_contents {
public:
  std::uint64_t number() { return ++count_; }
  std::size_t length() { return 2; }
  bool truth() { return true; }
  std::size_t below(std::size_t bound) { return ++count_ % bound; }
  std::string text() { return "text " + std::to_string(++count_); }

private:
  std::uint64_t count_ = 0;
};

template <class T, class Contents>
void fill(T& what, Contents& with) {
  if constexpr (std::is_same_v<T, bool>) {
    what = with.truth();
  } else if constexpr (std::is_integral_v<T>) {
    what = static_cast<T>(with.number());
  } else if constexpr (std::is_enum_v<T>) {
    using all = boost::describe::describe_enumerators<T>;
    boost::mp11::mp_with_index<boost::mp11::mp_size<all>::value>(
      with.below(boost::mp11::mp_size<all>::value),
      [&](auto i) { what = boost::mp11::mp_at<all, decltype(i)>::value; });
  } else if constexpr (std::is_same_v<T, std::string>) {
    what = with.text();
  } else if constexpr (protocol::is_list<T>) {
    what.resize(with.length());
    for (auto& element : what)
      fill(element, with);
  } else if constexpr (protocol::is_optional<T>) {
    if (with.truth())
      fill(what.emplace(), with);
  } else if constexpr (archived::is_array<T>) {
    for (auto& element : what)
      fill(element, with);
  } else if constexpr (archived::is_variant<T>) {
    boost::mp11::mp_with_index<std::variant_size_v<T>>(with.below(std::variant_size_v<T>),
                                                       [&](auto i) { fill(what.template emplace<i>(), with); });
  } else {
    protocol::for_each_field(what, [&](std::string_view, auto& field) { fill(field, with); });
  }
}

/// Whether two described things have the same contents.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>) {
    return a == b;
  } else if constexpr (protocol::is_list<T> || archived::is_array<T>) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
  } else if constexpr (protocol::is_optional<T>) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (archived::is_variant<T>) {
    return a.index() == b.index() &&
           std::visit([&](const auto& x) { return same(x, std::get<std::remove_cvref_t<decltype(x)>>(b)); }, a);
  } else {
    bool all = true;
    boost::mp11::mp_for_each<protocol::fields_of<T>>(
      [&](auto field) { all = all && same(a.*field.pointer, b.*field.pointer); });
    return all;
  }
}

/// The commands that relays say come first; those behind them are answers of the log.
inline constexpr std::size_t commands_of_relays = 10;

/// One item of each form that can travel, with a name for it.
template <class MakeContents>
std::vector<std::pair<std::string, item>> one_of_each(MakeContents make) {
  static const std::string commands[] = {"attach", "detach", "submit", "join", "leave",
                                         "fetch",  "who",    "typing", "mark", "refill"};
  static_assert(std::size(commands) == commands_of_relays);
  static const std::string news[] = {"attached",      "published", "refused",          "repeated",
                                     "admitted",      "answered",  "presence_changed", "typing_seen",
                                     "marks_changed", "expelled",  "behind",           "ended"};
  static_assert(std::size(news) == std::variant_size_v<from_room::news>);
  using answer_type = decltype(from_room::answered::answer);
  static const std::string answers[] = {"ok", "page", "presence", "marks", "error"};
  static_assert(std::size(answers) == std::variant_size_v<answer_type>);

  std::vector<std::pair<std::string, item>> all;
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<commands_of_relays>>([&](auto i) {
    auto contents = make();
    for_room what{contents.text(), contents.number(), {}};
    fill(what.what.emplace<i>(), contents);
    all.emplace_back("for_room." + commands[i], std::move(what));
  });
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::size(news)>>([&](auto i) {
    auto contents = make();
    for_relay what{contents.text(), contents.number(), {}};
    fill(what.what.emplace<i>(), contents);
    if (!std::holds_alternative<from_room::answered>(what.what))
      all.emplace_back("for_relay." + news[i], std::move(what));
  });
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::size(answers)>>([&](auto i) {
    auto contents = make();
    for_relay what{contents.text(), contents.number(), {}};
    auto& answered = what.what.emplace<from_room::answered>();
    answered.connection = contents.number();
    fill(answered.answer.emplace<i>(), contents);
    all.emplace_back("for_relay.answered." + answers[i], std::move(what));
  });
  const auto plain = [&](const std::string& name, auto what) {
    auto contents = make();
    fill(what, contents);
    all.emplace_back(name, std::move(what));
  };
  plain("for_users", for_users{});
  plain("look", look{});
  return all;
}

inline std::vector<std::pair<std::string, item>> fixed_items() {
  return one_of_each([] { return fixed_contents{}; });
}

inline std::vector<std::pair<std::string, item>> random_items(std::uint64_t seed) {
  return one_of_each([&seed] { return random_contents{seed++}; });
}

/// An envelope of these items.
inline std::string envelope_of(const std::vector<item>& items, envelope_header header = {1, 2, 3, 1, 0, 1'000}) {
  auto bytes = encode_head(header);
  for (const auto& what : items)
    bytes += encode_item(what)->bytes;
  return bytes;
}

/// The items of an envelope, or why there are none.
inline std::variant<std::vector<item>, envelope_failure> opened(std::string_view bytes) {
  const auto head = read_head(bytes);
  if (const auto* failure = std::get_if<envelope_failure>(&head))
    return *failure;
  return read_items(std::get<sealed_envelope>(head));
}

inline std::vector<item> items_of(std::string_view bytes) {
  auto all = opened(bytes);
  if (const auto* failure = std::get_if<envelope_failure>(&all))
    throw std::runtime_error(failure->why);
  return std::get<std::vector<item>>(std::move(all));
}

} // namespace troupe::actors::testing
