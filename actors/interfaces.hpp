// actors/interfaces.hpp - start here.
//
// Every actor of a node, on one page, one comment a handler. What they tell one another is
// in room_messages.hpp, relay_messages.hpp and user_messages.hpp: plain structs, so that the
// same command can come from a mailbox, from a tape or from a test.
//
//   guardian   one per I/O thread: root of what lives there; finds, makes and rebuilds rooms,
//              relays and users
//   room       one per active room: the only sequencer
//   relay      a room's arm on this node
//   user       one per signed-in user
//   fanout     one per I/O thread: hands broadcasts and answers to the connections there
//   connection one per WebSocket
#pragma once

#include "actors/caf.hpp"
#include "actors/delivery.hpp"
#include "actors/relay_messages.hpp"
#include "actors/room_messages.hpp"
#include "actors/user_messages.hpp"

#include <memory>
#include <string>

namespace troupe::actors {

/// Asked for by the actor itself, with the time it was for: a stale one is ignored.
struct alarm_rang {
  time_ms at = 0;
};

/// FANOUT: reaches every connection of its I/O thread.
using fanout_actor = caf::typed_actor<
  // A relay's batch for one room: frames, and acks in place of some of them.
  caf::reacts_to<shared_delivery>,
  // An answer for one connection; dropped when it is gone.
  caf::reacts_to<for_connection>,
  // The user's connections leave the room.
  caf::reacts_to<expulsion>,
  // All connections are sent away, each in its slot.
  caf::reacts_to<drain_connections>>;

/// The other half of a room and its relay was made anew.
struct new_relay {
  caf::strong_actor_ptr relay;
};
struct new_room {
  caf::strong_actor_ptr room;
};

/// ROOM: orders messages.
using room_actor = caf::typed_actor<
  // Whatever room_core understands, from relays and from the log.
  caf::reacts_to<to_room::command>,
  // The relay of this node.
  caf::reacts_to<new_relay>, caf::reacts_to<alarm_rang>>;

/// RELAY: holds this node's members of a room and what they wait for.
using relay_actor = caf::typed_actor<
  // From connections, by way of the guardian, and from the room.
  caf::reacts_to<to_relay::command>,
  // The room, new after every rebuild.
  caf::reacts_to<new_room>, caf::reacts_to<alarm_rang>>;

/// USER: a user's sessions and rooms.
using user_actor = caf::typed_actor<caf::reacts_to<to_user::command>>;

/// A message for the relay of a room on the guardian's thread.
struct to_relay_of {
  std::string room;
  to_relay::command what;
};

/// A message for a user on the guardian's thread.
struct to_user_of {
  std::string user;
  to_user::command what;
};

/// There is something new in a room these users belong to.
struct notify_users {
  std::string room;
  std::shared_ptr<const room_does::notify> what;
};

/// A relay or a room has nothing left to do and had taken `taken` messages by then.
struct idle_relay {
  std::string room;
  std::uint64_t taken = 0;
};
struct idle_room {
  std::string room;
};
struct idle_user {
  std::string user;
  std::uint64_t taken = 0;
};

/// A room's shard has another owner; the room has ended.
struct lost_room {
  std::string room;
};

/// Everything on this thread ends.
struct shut_down {};

/// GUARDIAN: root of the supervision on one I/O thread.
using guardian_actor =
  caf::typed_actor<caf::reacts_to<to_relay_of>, caf::reacts_to<to_user_of>, caf::reacts_to<notify_users>,
                   // They may leave memory, unless something was sent to them since.
                   caf::reacts_to<idle_relay>, caf::reacts_to<idle_room>, caf::reacts_to<idle_user>,
                   caf::reacts_to<lost_room>, caf::reacts_to<shut_down>>;

/// CONNECTION: one WebSocket. What it hears comes by way of the fanout, on its own thread.
using connection_actor = caf::typed_actor<caf::reacts_to<shut_down>>;

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::alarm_rang)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::new_relay)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::new_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::shared_delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::for_connection)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::expulsion)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::drain_connections)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_room::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_relay::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_user::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_relay_of)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_user_of)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::notify_users)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::idle_relay)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::idle_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::idle_user)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::lost_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::shut_down)
