// actors/cluster/guest_interfaces.hpp
//
// How a program of one's own speaks with a node: the frames of the client protocol, as
// messages between CAF actors instead of frames of a WebSocket.
#pragma once

#include "actors/caf.hpp"

#include <cstdint>
#include <string>

namespace troupe::actors {

using enter_atom = caf::atom_constant<caf::atom("enter")>;
using frame_atom = caf::atom_constant<caf::atom("frame")>;
using taken_atom = caf::atom_constant<caf::atom("taken")>;
using closed_atom = caf::atom_constant<caf::atom("closed")>;

/// Raised when the messages below change.
inline constexpr std::uint32_t guest_version = 1;

/// A guest's place on a node: what a connection is to a WebSocket.
using guest_place_actor = caf::typed_actor<
  // A frame of the client protocol.
  caf::reacts_to<frame_atom, std::string>,
  // So many bytes of frames were taken: there is room for more.
  caf::reacts_to<taken_atom, std::uint64_t>>;

/// The guest, as its place sees it.
using guest_actor = caf::typed_actor<
  // A frame of the client protocol.
  caf::reacts_to<frame_atom, std::string>,
  // The node ends it, with a close code of the client protocol.
  caf::reacts_to<closed_atom, std::uint16_t, std::string>>;

/// What a guest finds at a node's link port: it brings its version and itself, and gets its place.
using guest_door_actor =
  caf::typed_actor<caf::replies_to<enter_atom, std::uint32_t, caf::strong_actor_ptr>::with<caf::strong_actor_ptr>>;

} // namespace troupe::actors
