// protocol/roles.hpp
//
// Who may do what in a room, and the words in which moderators say so.
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>

namespace troupe::protocol {

/// What somebody may do in a room; each may do what those before it may. Values are part of recordings and links.
enum class role : std::uint8_t {
  banned = 1,    ///< Nothing, until the ban ends.
  none = 2,      ///< Nothing: the room is private, and nobody has given them a role.
  reader = 3,    ///< Join, read, presence, marks.
  member = 4,    ///< Also send, and change what is their own.
  moderator = 5, ///< Also kick, ban, mute and slow down members, and delete what they said.
  owner = 6,     ///< Everything; gives roles.
};
BOOST_DESCRIBE_ENUM(role, banned, none, reader, member, moderator, owner)

/// What a `moderate` does. Values are part of recordings: append only.
enum class moderation : std::uint8_t { kick = 1, ban = 2, unban = 3, mute = 4, unmute = 5, role = 6, slow_mode = 7 };
BOOST_DESCRIBE_ENUM(moderation, kick, ban, unban, mute, unmute, role, slow_mode)

} // namespace troupe::protocol
