// actors/relay_messages.hpp
//
// What a relay is told by the connections of its node and by its room, and what it does.
#pragma once

#include "actors/room_messages.hpp"
#include "actors/user_messages.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

namespace to_relay {

/// A connection's `send`, checked for form. The salt was drawn by the connection.
struct send {
  connection_id connection = 0;
  request_id re = 0;
  std::string user;
  std::string cid;
  std::string kind;
  std::string body;
  seq_t reply_to = 0;
  seq_t target = 0;
  storage::salt_bytes salt{};
  std::optional<protocol::role> granted = {}; ///< The role that the identity brings.
};
BOOST_DESCRIBE_STRUCT(send, (), (connection, re, user, cid, kind, body, reply_to, target, salt, granted))

/// Anything else a connection asks of a room. The relay fills in its own name.
struct ask {
  std::variant<to_room::join, to_room::leave, to_room::fetch, to_room::who, to_room::typing, to_room::mark> what;
};
BOOST_DESCRIBE_STRUCT(ask, (), (what))

/// The connection has given up waiting for what it read under that number (a page, or who is there): it is not asked
/// again, and its answer is for nobody.
struct withdraw {
  connection_id connection = 0;
  request_id re = 0;
};
BOOST_DESCRIBE_STRUCT(withdraw, (), (connection, re))

/// The socket is gone: the connection is no member any more and waits for nothing.
struct gone {
  connection_id connection = 0;
  std::string user;
};
BOOST_DESCRIBE_STRUCT(gone, (), (connection, user))

/// News of the room.
struct heard {
  from_room::news what;
};
BOOST_DESCRIBE_STRUCT(heard, (), (what))

/// The room can be reached: for the first time, or again after it was rebuilt.
struct room_up {};
BOOST_DESCRIBE_STRUCT(room_up, (), ())

/// The room is not there; it comes back with `room_up`, or never when it is quarantined. What waits goes on waiting, unless
/// it is quarantined or its node is full.
struct room_down {
  from_room::absence why = from_room::absence::away;
};
BOOST_DESCRIBE_STRUCT(room_down, (), (why))

struct wake {};
BOOST_DESCRIBE_STRUCT(wake, (), ())

using command = std::variant<send, ask, gone, heard, room_up, room_down, wake, withdraw>;

} // namespace to_relay

/// One connection's request that a stored message answers.
struct awaited_ack {
  connection_id connection = 0;
  request_id re = 0;
};
BOOST_DESCRIBE_STRUCT(awaited_ack, (), (connection, re))

namespace relay_does {

struct tell_room {
  to_room::command what;
};
BOOST_DESCRIBE_STRUCT(tell_room, (), (what))

/// A message for every member, with the connections that get an ack in its place.
struct deliver {
  std::string epoch;
  protocol::durability durable = protocol::durability::memory;
  storage::record record;
  std::vector<awaited_ack> acks;
};
BOOST_DESCRIBE_STRUCT(deliver, (), (epoch, durable, record, acks))

/// Volatile news for every member (but not for `except`, the user who caused it).
struct spread {
  std::variant<protocol::server::presence, protocol::server::typing, protocol::server::marks, protocol::server::head>
    what;
  std::string except;
};
BOOST_DESCRIBE_STRUCT(spread, (), (what, except))

/// The room's log is another one: what the members hear from here on follows the `joined` that tells them so.
struct restart {};
BOOST_DESCRIBE_STRUCT(restart, (), ())

/// An answer for one connection, or the end of its membership.
struct reply {
  connection_id connection = 0;
  std::variant<protocol::server::joined, protocol::server::ack, protocol::server::ok, protocol::server::page,
               protocol::server::presence, protocol::server::marks, protocol::server::error, to_connection::expelled>
    what;
};
BOOST_DESCRIBE_STRUCT(reply, (), (connection, what))

struct wake_at {
  time_ms time = 0;
};
BOOST_DESCRIBE_STRUCT(wake_at, (), (time))

/// Nobody needs this relay any more.
struct retire {};
BOOST_DESCRIBE_STRUCT(retire, (), ())

using effect = std::variant<tell_room, deliver, spread, restart, reply, wake_at, retire>;

} // namespace relay_does

using relay_effects = std::vector<relay_does::effect>;

} // namespace troupe::actors
