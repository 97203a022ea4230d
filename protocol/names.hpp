// protocol/names.hpp
//
// What a user id, a room name, a kind and a cid may look like.
#pragma once

#include "protocol/messages.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::protocol {

/// 1–64 of `[A-Za-z0-9_.@-]`.
bool is_user(std::string_view text);

/// 1–160 of `[A-Za-z0-9_.:/@-]`.
bool is_room(std::string_view text);

/// What a client may send: text, edit, delete, reaction, or `x-` and 1–30 of `[a-z0-9-]`.
bool is_client_kind(std::string_view text);

/// Complete, shortest-form UTF-8 without surrogates (RFC 3629).
bool is_utf8(std::string_view bytes);

/// The time inside a ULID in milliseconds UTC; nothing when the text is no ULID
/// (26 of Crockford's base 32 in upper case, at most 2^128 − 1).
std::optional<time_ms> ulid_time(std::string_view text);

/// A ULID of that time; `randomness` gives its 80 random bits (10 bytes).
std::string make_ulid(time_ms time, const unsigned char (&randomness)[10]);

/// The two users of a room named `dm:<a>:<b>` with a < b in byte order. Nothing when
/// the name is not that of a direct message; a name that begins with `dm:` without
/// being one is refused by the server.
std::optional<std::pair<std::string_view, std::string_view>> direct_message_users(std::string_view room);

} // namespace troupe::protocol
