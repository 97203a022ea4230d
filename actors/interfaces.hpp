// actors/interfaces.hpp - start here.
//
// Every actor of a node, on one page, one comment a handler. What they tell one another is
// in room_messages.hpp, relay_messages.hpp and user_messages.hpp: plain structs, so that the
// same command can come from a mailbox, from a tape or from a test.
//
//   guardian   one per I/O thread: root of what lives there; finds, makes and rebuilds rooms,
//              relays and users
//   room       one per active room: the only sequencer; where the room lives on another node,
//              the same handle is a stand-in that passes everything on
//   relay      a room's arm on this node
//   user       one per signed-in user
//   fanout     one per I/O thread: hands broadcasts and answers to the connections there
//   connection one per WebSocket
//   step       one per place in a chain and I/O thread: supervises a middleware step
//   membership one: keeps this node's place in the cluster and the shards it owns
//   mesh       one: keeps a link to every other node
//   link       one per other node: carries what rooms, relays and users there are told
//   guest place one per program of somebody's own that came in: its connection
#pragma once

#include "actors/actor_unit.hpp"
#include "actors/caf.hpp"
#include "actors/cluster/cluster_report.hpp"
#include "actors/cluster/envelope.hpp"
#include "actors/cluster/guest_interfaces.hpp"
#include "actors/cluster/ownership_messages.hpp"
#include "actors/delivery.hpp"
#include "actors/middleware/passage.hpp"
#include "actors/relay_messages.hpp"
#include "actors/room_health.hpp"
#include "actors/room_messages.hpp"
#include "actors/user_messages.hpp"

#include <functional>
#include <memory>
#include <string>

namespace troupe::actors {

class page_turns;

/// FANOUT: reaches every connection of its I/O thread.
using fanout_actor = caf::typed_actor<
  // A relay's batch for one room: frames, and acks in place of some of them.
  caf::reacts_to<shared_delivery>,
  // An answer for one connection; dropped when it is gone.
  caf::reacts_to<for_connection>,
  // All connections leave the room.
  caf::reacts_to<expulsion>,
  // All connections are sent away, each in its slot.
  caf::reacts_to<drain_connections>,
  // An operator asks who listens to a room here.
  caf::reacts_to<survey_room>>;

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
  caf::reacts_to<new_relay>, caf::reacts_to<alarm_rang>,
  // An operator asks how it does.
  caf::reacts_to<survey_room>>;

/// Something for a room that another node's relay believes to be here.
struct to_room_of {
  std::string room;
  storage::term_t term = 0;
  std::string node; ///< Whose relay it is.
  to_room::command what;
};

/// News of a room on another node for this node's relay.
struct to_relay_from {
  std::string room;
  storage::term_t term = 0;
  std::string node; ///< Where the room is.
  from_room::news what;
};

/// There is a link to that node now; or none any more, when it is null.
struct peer_changed {
  std::string node;
  storage::incarnation_t incarnation = 0;
  caf::strong_actor_ptr link;
  std::shared_ptr<page_turns> pages;
};

/// The rooms of a shard end here; membership is told `settled`.
struct settle_shard {
  storage::shard_id shard = 0;
};

/// The configuration that requests go by from now on.
struct new_chains {
  std::shared_ptr<const config::options> options;
};

struct survey_chains;

/// RELAY: holds this node's members of a room and what they wait for.
using relay_actor = caf::typed_actor<
  // From connections, by way of the guardian, and from the room.
  caf::reacts_to<to_relay::command>,
  // The room, new after every rebuild.
  caf::reacts_to<new_room>, caf::reacts_to<alarm_rang>,
  // An operator asks how it does.
  caf::reacts_to<survey_room>>;

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

/// Everybody goes by this view of the cluster from now on.
struct new_view {
  shared_view view;
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

/// A room may not write any more: its shard has another owner, or the node no lease.
struct lost_room {
  std::string room;
  storage::term_t term = 0; ///< Under which it was made.
};

/// Everything on this thread ends.
struct shut_down {};

/// A request that has to wait for its turn at a step.
struct queued_passage {
  passage_ptr what;
};

/// What a step has decided about a request that waited.
struct resumed_passage {
  std::uint64_t ticket = 0;
  decision how;
};

/// STEP: a place in the chains of its I/O thread, which supervises a step.
using step_actor = caf::typed_actor<caf::reacts_to<queued_passage>, caf::reacts_to<resumed_passage>,
                                    caf::reacts_to<alarm_rang>, caf::reacts_to<shut_down>>;

/// GUARDIAN: root of the supervision on one I/O thread.
using guardian_actor =
  caf::typed_actor<caf::reacts_to<to_relay_of>, caf::reacts_to<to_user_of>, caf::reacts_to<notify_users>,
                   // They may leave memory, unless something was sent to them since.
                   caf::reacts_to<idle_relay>, caf::reacts_to<idle_room>, caf::reacts_to<idle_user>,
                   caf::reacts_to<lost_room>, caf::reacts_to<shut_down>,
                   // The cluster: who owns what, who can be reached, and what comes from there.
                   caf::reacts_to<new_view>, caf::reacts_to<peer_changed>, caf::reacts_to<to_room_of>,
                   caf::reacts_to<to_relay_from>, caf::reacts_to<settle_shard>, caf::reacts_to<alarm_rang>,
                   // An operator asks about a room: it and its relay are asked in turn. Nothing is made for it.
                   caf::reacts_to<survey_room>,
                   // The chains of its thread: others from now on; how they do.
                   caf::reacts_to<new_chains>, caf::reacts_to<survey_chains>>;

using bye_atom = caf::atom_constant<caf::atom("bye")>;

/// Both ends know one another from now on.
struct link_opened {
  std::uint64_t session = 0;
  storage::incarnation_t incarnation = 0; ///< The peer's.
  caf::strong_actor_ptr peer;
  bool called = false; ///< By the peer, which does not know this end yet: it speaks first.
};

/// LINK: to one other node.
using link_actor = caf::typed_actor<
  // From the mesh.
  caf::reacts_to<link_opened>,
  // From rooms, stand-ins and guardians: to be carried over.
  caf::reacts_to<shared_item>,
  // From the other end: an envelope; or it gave this session up.
  caf::reacts_to<frame_atom, std::string>, caf::reacts_to<bye_atom, std::uint64_t>, caf::reacts_to<alarm_rang>,
  caf::reacts_to<shut_down>,
  // An operator asks how it does.
  caf::reacts_to<survey_links>>;

/// The store has taken this node in.
struct node_entered {
  storage::node_row self;
};

/// The mesh actor of a node that was called; null when nobody answered.
struct peer_reached {
  std::string node;
  caf::strong_actor_ptr mesh;
};

/// A link lost its other end: make it anew.
struct link_lost {
  std::string node;
};

using hello_atom = caf::atom_constant<caf::atom("hello")>;
using welcome_atom = caf::atom_constant<caf::atom("welcome")>;

/// MESH: what other nodes and guests find at this node's link port.
using mesh_actor = guest_door_actor::extend<
  // Link version, the caller's name, incarnation and start, the incarnation it looks for, the session it
  // draws, its link.
  caf::replies_to<hello_atom, std::uint32_t, std::string, std::uint64_t, std::string, std::uint64_t, std::uint64_t,
                  caf::strong_actor_ptr>::with<welcome_atom, std::string, caf::strong_actor_ptr>,
  caf::reacts_to<node_entered>, caf::reacts_to<new_view>, caf::reacts_to<peer_reached>, caf::reacts_to<link_lost>,
  caf::reacts_to<alarm_rang>, caf::reacts_to<shut_down>,
  // An operator asks how the links do.
  caf::reacts_to<survey_links>>;

/// An operator wants a shard on a node, or, when it is empty, wherever it falls. The store is
/// told; the owners find it there and move the shard.
struct pin_shard {
  storage::shard_id shard = 0;
  std::string node;
  std::function<void(bool stored)> then; ///< Called on the store's thread.
};

/// MEMBERSHIP: the ownership loop.
using membership_actor = caf::typed_actor<caf::reacts_to<to_ownership::command>, caf::reacts_to<pin_shard>,
                                          caf::reacts_to<alarm_rang>, caf::reacts_to<shut_down>>;

/// CONNECTION: one WebSocket. What it hears comes by way of the fanout, on its own thread.
using connection_actor = caf::typed_actor<caf::reacts_to<shut_down>>;

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::queued_passage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::new_chains)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::survey_chains)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::resumed_passage)
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::new_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::peer_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_room_of)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_relay_from)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::settle_shard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::link_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::node_entered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::peer_reached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::link_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::shared_item)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::to_ownership::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::survey_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::survey_links)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::pin_shard)
