// protocol/json_union.hpp
//
// The union of all fields of a direction's messages, filled by the reader, then fitted
// to the one message that `type` names. Made from the field lists; nothing is typed twice.
#pragma once

#include "protocol/codec.hpp"
#include "protocol/json_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

namespace troupe::protocol::json {

/// Every name on the top level of any of the messages, and `type`: shorter ones first, each once.
template <described... Message>
struct name_list {
  static constexpr std::size_t total = (field_count<Message> + ...) + 1;

  static consteval auto sorted() {
    std::array<std::string_view, total> all{};
    std::size_t used = 0;
    const auto add = [&](std::string_view name) { all[used++] = name; };
    add("type");
    (boost::mp11::mp_for_each<fields_of<Message>>([&](auto field) { add(field.name); }), ...);
    std::ranges::sort(
      all, [](std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
    return all;
  }

  static consteval std::size_t count() {
    auto all = sorted();
    return static_cast<std::size_t>(std::ranges::unique(all).begin() - all.begin());
  }

  static constexpr auto names = [] {
    auto all = sorted();
    std::array<std::string_view, count()> unique{};
    std::ranges::unique_copy(all, unique.begin());
    return unique;
  }();

  static consteval std::size_t index_of(std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  }
};

template <class Variant>
class union_decoder;

/// Decodes frames into one of the messages.
///
/// Threading: none of its own; one per thread.
template <described... Message>
class union_decoder<std::variant<Message...>> {
public:
  using result = std::variant<std::variant<Message...>, decode_failure>;

  explicit union_decoder(reader_limits bounds) : slots_(make_slots()), reader_(slots_, bounds), bounds_(bounds) {}

  result decode(std::string_view frame) {
    result out;
    if (auto problem = reader_.read(frame)) {
      const auto why = frame.size() > bounds_.frame_bytes_max ? code::too_large : code::bad_request;
      out = failure(why, std::move(*problem));
      return out;
    }
    const value& type = slot_of<"type">().seen;
    if (type.kind != value_kind::text) {
      out = failure(code::bad_request, "`type` is required and must be a string: one of " + type_names() + ".");
      return out;
    }
    if (!(fill_if<Message>(type.text, out) || ...))
      out = failure(code::bad_request, "Unknown `type` " + quoted(type.text) + ": use one of " + type_names() + ".");
    return out;
  }

  /// With `id` and `cid` of the frame read last, as far as they are well-formed.
  decode_failure failure(code why, std::string message) const {
    decode_failure f{.code = why, .message = std::move(message)};
    if constexpr (names::index_of("id") != names::names.size())
      if (request_id id = 0; assign(id, slots_[names::index_of("id")].seen))
        f.id = id;
    const value& cid = slots_[names::index_of("cid")].seen;
    if (cid.kind == value_kind::text && cid.text.size() == limits::cid_bytes)
      f.cid = std::string{cid.text};
    return f;
  }

private:
  using names = name_list<Message...>;

  /// A field's name as a template argument.
  template <std::size_t N>
  struct literal {
    consteval literal(const char (&text)[N]) { std::copy_n(text, N, chars); } // NOLINT: implicit on purpose
    char chars[N]{};
  };

  template <literal Name>
  const slot& slot_of() const {
    return slots_[names::index_of(std::string_view{Name.chars})];
  }

  std::array<slot, names::names.size()> make_slots() {
    std::array<slot, names::names.size()> made;
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i].name = names::names[i];
    // A list or an object is read into the first message that has it and moved from there.
    const auto aim = [&]<class M>(M& message) {
      boost::mp11::mp_for_each<fields_of<M>>([&](auto field) {
        using type = unwrapped_t<field_type<decltype(field), M>>;
        if constexpr (is_composite<type>) {
          auto& s = made[names::index_of(field.name)];
          if (s.composite == nullptr) {
            s.composite = &shape_of<type>;
            if constexpr (is_optional<field_type<decltype(field), M>>)
              s.target = &(message.*field.pointer).emplace();
            else
              s.target = &(message.*field.pointer);
          }
        }
      });
    };
    std::apply([&](auto&... message) { (aim(message), ...); }, targets_);
    return made;
  }

  template <class M>
  bool fill_if(std::string_view type, result& out) {
    if (type != M::wire_name)
      return false;
    auto& message = out.template emplace<0>().template emplace<M>();
    const char* missing = nullptr;
    std::string problem;
    boost::mp11::mp_for_each<fields_of<M>>([&](auto field) {
      if (missing == nullptr && problem.empty())
        fit(slots_[names::index_of(field.name)], message.*field.pointer, missing, problem);
    });
    if (missing != nullptr)
      problem = "`" + std::string{missing} + "` is required in `" + M::wire_name + "`.";
    if (!problem.empty())
      out = failure(code::bad_request, std::move(problem));
    return true;
  }

  template <class Member>
  static void fit(slot& from, Member& member, const char*& missing, std::string& problem) {
    using type = unwrapped_t<Member>;
    if (from.seen.kind == value_kind::absent) {
      if constexpr (!is_optional<Member> && !is_list<Member>)
        missing = from.name.data(); // names come from literals: zero-terminated
      return;
    }
    type& to = [&]() -> type& {
      if constexpr (is_optional<Member>)
        return member.emplace();
      else
        return member;
    }();
    if constexpr (is_composite<type>) {
      if (from.seen.kind == kind_of<type>() && from.composite == &shape_of<type>) {
        if (from.problem.empty())
          to = std::move(*static_cast<type*>(from.target));
        else
          problem = std::exchange(from.problem, {});
        return;
      }
    } else if (assign(to, from.seen)) {
      return;
    }
    problem.append("`").append(from.name).append("` ").append(wanted<type>()).append(".");
  }

  static std::string type_names() {
    std::string all;
    ((all.append(all.empty() ? "" : ", ").append(Message::wire_name)), ...);
    return all;
  }

  std::tuple<Message...> targets_;
  std::array<slot, names::names.size()> slots_;
  reader reader_;
  reader_limits bounds_;
};

} // namespace troupe::protocol::json
