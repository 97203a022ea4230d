#include "protocol/schema.hpp"

#include "protocol/codec.hpp"
#include "protocol/json_shape.hpp"

#include <boost/core/type_name.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <concepts>
#include <limits>
#include <string_view>

namespace troupe::protocol {

namespace {

namespace bj = boost::json;

/// `client.send`, `entry`: the C++ name below this namespace, with dots.
template <class T>
std::string name_of_type() {
  auto name = boost::core::type_name<T>();
  constexpr std::string_view ours = "troupe::protocol::";
  if (name.starts_with(ours))
    name.erase(0, ours.size());
  for (auto at = name.find("::"); at != std::string::npos; at = name.find("::"))
    name.replace(at, 2, ".");
  return name;
}

template <class T>
bool is_from_client() {
  return name_of_type<T>().starts_with("client.");
}

/// A rule that the type of a field does not tell. `owner` is empty for every message.
struct rule {
  std::string_view owner;
  std::string_view field;
  std::string_view keyword;
  bj::value bound;
};

bj::value count(std::size_t number) { return bj::value(static_cast<std::uint64_t>(number)); }

/// The same bounds that request_form.cpp and limits.hpp state. Lengths are counted in
/// characters by JSON Schema and in bytes by us, so some are only upper bounds.
const auto& rules() {
  constexpr auto room = "^[A-Za-z0-9_.:/@-]{1,160}$";
  constexpr auto user = "^[A-Za-z0-9_.@-]{1,64}$";
  constexpr auto salt = "^[0-9a-f]{32}$";
  constexpr auto digest = "^[0-9a-f]{64}$";
  static const std::array all{
    rule{"", "room", "pattern", room},
    rule{"", "user", "pattern", user},
    rule{"entry", "salt", "pattern", salt},
    rule{"entry", "digest", "pattern", digest},
    rule{"server.message", "salt", "pattern", "^([0-9a-f]{32})?$"}, // empty when it was erased meanwhile
    rule{"server.message", "digest", "pattern", digest},
    rule{"server.joined", "chain", "pattern", digest},
    rule{"server.page", "prev", "pattern", digest},
    rule{"server.ack", "salt", "pattern", "^([0-9a-f]{32})?$"}, // empty in an ack of what was erased
    rule{"server.ack", "chain", "pattern", "^([0-9a-f]{64})?$"},
    rule{"client.hello", "token", "maxLength", count(limits::token_bytes_max)},
    rule{"client.hello", "resume", "maxLength", count(limits::resume_bytes_max)},
    rule{"client.hello", "sdk", "maxLength", count(limits::sdk_bytes_max)},
    rule{"client.hello", "rooms", "maxItems", count(limits::hello_rooms_max)},
    rule{"client.refresh", "token", "maxLength", count(limits::token_bytes_max)},
    rule{"client.room_position", "epoch", "maxLength", count(limits::epoch_bytes_max)},
    rule{"client.rooms", "after", "pattern", room},
    rule{"client.join", "limit", "maximum", count(limits::page_messages_max)},
    rule{"client.join", "want", "maxItems", count(limits::list_elements_max)},
    rule{"client.send", "cid", "pattern", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    rule{"client.send", "body", "maxLength", count(limits::body_bytes_max)},
    rule{"client.send", "kind", "pattern", "^(text|edit|delete|reaction|x-[a-z0-9-]{1,30})$"},
    rule{"client.send", "reply_to", "minimum", count(1)},
    rule{"client.send", "target", "minimum", count(1)},
    rule{"client.moderate", "cid", "pattern", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    rule{"client.moderate", "action", "pattern", "^(kick|ban|unban|mute|unmute|role|slow_mode)$"},
    rule{"client.moderate", "role", "pattern", "^(owner|moderator|member|reader|none)$"},
    rule{"client.moderate", "for_ms", "minimum", count(1)},
    rule{"client.moderate", "for_ms", "maximum", count(limits::moderation_ms_max)},
    rule{"client.moderate", "interval_ms", "maximum", count(limits::slow_mode_ms_max)},
    rule{"client.moderate", "reason", "maxLength", count(limits::reason_bytes_max)},
    rule{"client.fetch", "limit", "minimum", count(1)},
    rule{"client.fetch", "limit", "maximum", count(limits::page_messages_max)},
    rule{"position", "epoch", "maxLength", count(limits::epoch_bytes_max)},
  };
  return all;
}

bj::object reference(std::string_view name) { return {{"$ref", "#/$defs/" + std::string{name}}}; }

/// Collects the definitions of messages and of what they are made of.
class collector {
public:
  template <class... Message>
  bj::object choice(const std::variant<Message...>*) {
    bj::array options;
    (options.push_back(of<Message>()), ...);
    return {{"oneOf", std::move(options)}};
  }

  bj::object take() { return std::move(definitions_); }

private:
  template <class T>
  bj::object of() {
    if constexpr (is_list<T>) {
      return {{"type", "array"}, {"items", of<typename T::value_type>()}};
    } else if constexpr (described<T> || described_enum<T>) {
      const auto name = name_of_type<T>();
      if (!definitions_.contains(name)) {
        definitions_[name] = nullptr; // keeps its place before what it refers to
        definitions_[name] = define<T>(name);
      }
      return reference(name);
    } else if constexpr (std::same_as<T, bool>) {
      return {{"type", "boolean"}};
    } else if constexpr (std::same_as<T, std::string>) {
      return {{"type", "string"}};
    } else {
      constexpr auto max = sizeof(T) == 8 ? static_cast<T>(limits::integer_max) : std::numeric_limits<T>::max();
      constexpr auto min = std::is_signed_v<T> ? static_cast<T>(-max) : T{0};
      return {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
    }
  }

  template <described_enum T>
  bj::object define(const std::string&) {
    bj::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto e) { names.emplace_back(e.name); });
    return {{"enum", std::move(names)}};
  }

  template <described T>
  bj::object define(const std::string& name) {
    bj::object properties;
    bj::array required;
    if constexpr (requires { T::wire_name; }) {
      properties["type"] = bj::object{{"const", T::wire_name}};
      required.emplace_back("type");
    }
    boost::mp11::mp_for_each<fields_of<T>>([&](auto field) {
      using member = field_type<decltype(field), T>;
      auto& property = properties[field.name] = of<json::unwrapped_t<member>>();
      for (const auto& r : rules())
        if (r.field == field.name && (r.owner.empty() ? is_text<member> : r.owner == name))
          property.as_object()[r.keyword] = r.bound;
      // A client may leave an empty list out; the server always sends it.
      if (!is_optional<member> && !(is_list<member> && is_from_client<T>()))
        required.emplace_back(field.name);
    });
    return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
  }

  template <class Member>
  static constexpr bool is_text = std::same_as<json::unwrapped_t<Member>, std::string>;

  bj::object definitions_;
};

/// Indented by two, but what fits on a line stays on one: a reader wants to see fields.
void print(std::string& out, const bj::value& what, std::size_t indent) {
  constexpr std::size_t line_max = 100;
  auto flat = bj::serialize(what);
  if (!what.is_structured() || flat.size() + indent <= line_max) {
    out += flat;
    return;
  }
  const auto block = [&](char open, char close, const auto& elements, auto&& one) {
    out += open;
    for (bool first = true; const auto& element : elements) {
      out += first ? "\n" : ",\n";
      first = false;
      out.append(indent + 2, ' ');
      one(element);
    }
    out.append("\n").append(indent, ' ') += close;
  };
  if (const auto* object = what.if_object()) {
    block('{', '}', *object, [&](const auto& member) {
      out.append(bj::serialize(bj::value(member.key()))).append(": ");
      print(out, member.value(), indent + 2);
    });
  } else {
    block('[', ']', what.get_array(), [&](const auto& element) { print(out, element, indent + 2); });
  }
}

} // namespace

std::string json_schema() {
  collector all;
  bj::object client = all.choice(static_cast<const request*>(nullptr));
  bj::object server = all.choice(static_cast<const push*>(nullptr));
  bj::object definitions{{"client_frame", std::move(client)}, {"server_frame", std::move(server)}};
  for (auto& [name, definition] : all.take())
    definitions[name] = std::move(definition);
  const bj::object document{
    {"$schema", "https://json-schema.org/draft/2020-12/schema"},
    {"$id", "urn:troupe:v1"},
    {"title", "troupe.v1"},
    {"description", "Every frame a Troupe client and server exchange. Made from protocol/messages.hpp; the meaning is "
                    "in docs/protocol.md. Unknown fields are ignored."},
    {"anyOf", {reference("client_frame"), reference("server_frame")}},
    {"$defs", std::move(definitions)},
  };
  std::string out;
  print(out, document, 0);
  return out + "\n";
}

} // namespace troupe::protocol
