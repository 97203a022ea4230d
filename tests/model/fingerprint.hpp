#pragma once

#include "actors/cluster/cluster_view.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

namespace troupe::tests {

/// The bytes of a described value, so that two states of a model can be told apart by a hash of them. What does
/// not bear on what happens next is left out.
class fingerprint {
public:
  void add(const actors::cluster_view& view) {
    add(view.serving); // The version only counts; the rest is where the look put it.
    add(view.nodes);
    add(view.shards);
    add(view.paused);
  }

  void add(const storage::cluster_seen& seen) {
    for (const auto& n : seen.nodes) { // Of the times a node keeps elsewhere what it needs.
      add(n.row);
      add(n.draining);
      add(n.gone);
    }
    add(seen.shards);
  }

  void add(const std::string& text) {
    add(text.size());
    bytes_ += text;
  }

  template <class T>
  void add(const T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    else if constexpr (boost::describe::has_describe_members<T>::value)
      boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_any_access>>(
        [&](auto member) { add(value.*member.pointer); });
    else if constexpr (requires { value.has_value(); }) {
      add(value.has_value());
      if (value)
        add(*value);
    } else if constexpr (requires { value.index(); }) {
      add(value.index());
      std::visit([&](const auto& held) { add(held); }, value);
    } else if constexpr (requires { value.first; }) {
      add(value.first);
      add(value.second);
    } else {
      add(value.size());
      for (const auto& each : value)
        add(each);
    }
  }

  /// 128 bits: among some millions of states no two are taken for one.
  std::array<std::uint64_t, 2> hash() const;

private:
  std::string bytes_;
};

} // namespace troupe::tests
