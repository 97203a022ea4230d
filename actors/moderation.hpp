// actors/moderation.hpp
//
// What a moderator orders, and the body of the event that it becomes in the room's log.
#pragma once

#include "protocol/messages.hpp"
#include "protocol/roles.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

/// The kind of an event of moderation.
inline constexpr std::string_view system_kind = "system";

/// One order. Bans and mutes last `for_ms` from the time of their event, so the body says the same at every retry.
struct moderation_order {
  protocol::moderation action = protocol::moderation::kick;
  std::string user; ///< Whom; empty for slow_mode.
  std::optional<protocol::role> role;
  std::optional<std::uint64_t> for_ms;
  std::optional<std::uint32_t> interval_ms;
  std::string reason;
};

/// A request whose form was checked.
moderation_order order_of(const protocol::client::moderate& what);

/// A small JSON object: {"action", "user"?, "role"?, "for_ms"?, "interval_ms"?, "by", "reason"?}.
std::string body_of(const moderation_order& what, std::string_view by);

/// Nothing when the body is none of ours.
std::optional<moderation_order> read_order(std::string_view body);

} // namespace troupe::actors
