#include "actors/moderation.hpp"

#include "protocol/described.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace troupe::actors {

namespace bj = boost::json;

moderation_order order_of(const protocol::client::moderate& what) {
  moderation_order order;
  order.action = protocol::enum_from<protocol::moderation>(what.action).value_or(protocol::moderation::kick);
  order.user = what.user.value_or("");
  if (what.role)
    order.role = protocol::enum_from<protocol::role>(*what.role);
  order.for_ms = what.for_ms;
  order.interval_ms = what.interval_ms;
  order.reason = what.reason.value_or("");
  return order;
}

std::string body_of(const moderation_order& what, std::string_view by) {
  bj::object body;
  body["action"] = protocol::name_of(what.action);
  if (!what.user.empty())
    body["user"] = what.user;
  if (what.role)
    body["role"] = protocol::name_of(*what.role);
  if (what.for_ms)
    body["for_ms"] = *what.for_ms;
  if (what.interval_ms)
    body["interval_ms"] = *what.interval_ms;
  body["by"] = by;
  if (!what.reason.empty())
    body["reason"] = what.reason;
  return bj::serialize(body);
}

std::optional<moderation_order> read_order(std::string_view body) {
  bj::error_code unreadable;
  const auto parsed = bj::parse(bj::string_view{body.data(), body.size()}, unreadable);
  const auto* object = unreadable ? nullptr : parsed.if_object();
  if (!object)
    return std::nullopt;
  const auto text = [&](const char* name) -> std::string_view {
    const auto* field = object->if_contains(name);
    return field && field->is_string() ? std::string_view{field->get_string()} : std::string_view{};
  };
  const auto number = [&](const char* name) -> std::optional<std::uint64_t> {
    const auto* field = object->if_contains(name);
    bj::error_code none;
    return field && field->is_number() ? std::optional{field->to_number<std::uint64_t>(none)} : std::nullopt;
  };
  const auto action = protocol::enum_from<protocol::moderation>(text("action"));
  if (!action)
    return std::nullopt;
  moderation_order order;
  order.action = *action;
  order.user = text("user");
  order.role = protocol::enum_from<protocol::role>(text("role"));
  order.for_ms = number("for_ms");
  if (const auto interval = number("interval_ms"))
    order.interval_ms = static_cast<std::uint32_t>(*interval);
  order.reason = text("reason");
  return order;
}

} // namespace troupe::actors
