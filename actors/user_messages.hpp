// actors/user_messages.hpp
//
// What a user is told, and what a connection hears from anybody but a broadcast.
#pragma once

#include "actors/api.hpp"
#include "actors/room_messages.hpp"

#include <optional>
#include <string>
#include <variant>

namespace troupe::actors {

namespace to_user {

/// A connection said hello as this user. Answered by `signed_in` or an error.
struct sign_in {
  connection_id connection = 0;
  request_id re = 0;
  std::optional<std::string> session; ///< From a resume token that was good.
  std::string fresh_session;          ///< Used when there is none, or it is live elsewhere.
};
BOOST_DESCRIBE_STRUCT(sign_in, (), (connection, re, session, fresh_session))

/// The connection is gone.
struct sign_out {
  connection_id connection = 0;
};
BOOST_DESCRIBE_STRUCT(sign_out, (), (connection))

/// Asks for the rooms the user belongs to. Answered by `rooms`.
struct inbox {
  connection_id connection = 0;
  request_id re = 0;
  std::string after;
};
BOOST_DESCRIBE_STRUCT(inbox, (), (connection, re, after))

/// Something new in a room the user belongs to; `joined` connections see it anyway.
struct activity {
  std::string room;
  seq_t seq = 0;
  std::string from;
  std::uint32_t joined = 0;
};
BOOST_DESCRIBE_STRUCT(activity, (), (room, seq, from, joined))

using command = std::variant<sign_in, sign_out, inbox, activity>;

} // namespace to_user

namespace to_connection {

struct signed_in {
  request_id re = 0;
  std::string session;
};

/// The user's sessions are too many.
struct turned_away {
  request_id re = 0;
  protocol::server::error why;
};

/// The connection is no member of the room any more.
struct expelled {
  std::string room;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(expelled, (), (room, reason))

/// The node stops: the client comes back after `after_ms`, elsewhere or here.
struct drain {
  std::uint32_t after_ms = 0;
};

using news =
  std::variant<protocol::server::joined, protocol::server::ack, protocol::server::ok, protocol::server::page,
               protocol::server::presence, protocol::server::marks, protocol::server::error, protocol::server::rooms,
               protocol::server::activity, signed_in, turned_away, expelled, drain, api_response>;

} // namespace to_connection

} // namespace troupe::actors
