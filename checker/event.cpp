#include "checker/event.hpp"

#include "protocol/chain.hpp"

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/members.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>

#include <type_traits>

namespace troupe::checker {
namespace {

namespace json = boost::json;
using fields = boost::describe::describe_members<event, boost::describe::mod_public>;

void append_value(std::string& out, const std::string& text) { out += json::serialize(text); }
void append_value(std::string& out, bool value) { out += value ? "true" : "false"; }
void append_value(std::string& out, happening value) {
  out += '"';
  out += boost::describe::enum_to_string(value, "?");
  out += '"';
}
template <class Integer>
requires std::is_integral_v<Integer>
void append_value(std::string& out, Integer value) { out += std::to_string(value); }

bool read_value(const json::value& from, std::string& to) {
  if (!from.is_string())
    return false;
  to.assign(from.get_string().data(), from.get_string().size());
  return true;
}

bool read_value(const json::value& from, bool& to) {
  if (!from.is_bool())
    return false;
  to = from.get_bool();
  return true;
}

bool read_value(const json::value& from, happening& to) {
  return from.is_string() && boost::describe::enum_from_string(from.get_string().c_str(), to);
}

template <class Integer>
requires std::is_integral_v<Integer>
bool read_value(const json::value& from, Integer& to) {
  json::error_code failed;
  to = from.to_number<Integer>(failed);
  return !failed;
}

} // namespace

std::string body_mark(std::string_view body) {
  return protocol::to_hex(protocol::body_digest(protocol::salt_bytes{}, body));
}

void append_line(std::string& out, const event& what) {
  static const event defaults;
  out += "{\"ev\":";
  append_value(out, what.ev);
  boost::mp11::mp_for_each<fields>([&](auto field) {
    using value_type = std::decay_t<decltype(what.*field.pointer)>;
    if constexpr (!std::is_same_v<value_type, happening>) {
      if (what.*field.pointer == defaults.*field.pointer)
        return;
      out += ",\"";
      out += field.name;
      out += "\":";
      append_value(out, what.*field.pointer);
    }
  });
  out += '}';
}

std::variant<event, std::string> read_line(std::string_view line) {
  json::error_code failed;
  const auto parsed = json::parse(json::string_view{line.data(), line.size()}, failed);
  if (failed)
    return "not JSON: " + failed.message();
  if (!parsed.is_object())
    return std::string{"not an object"};
  const auto& object = parsed.get_object();
  if (!object.contains("ev"))
    return std::string{"`ev` is missing"};
  event what;
  std::string wrong;
  boost::mp11::mp_for_each<fields>([&](auto field) {
    const auto* value = object.if_contains(field.name);
    if (value && wrong.empty() && !read_value(*value, what.*field.pointer))
      wrong = std::string{"`"} + field.name + "` is not what it should be";
  });
  if (!wrong.empty())
    return wrong;
  return what;
}

} // namespace troupe::checker
