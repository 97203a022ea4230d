// guest/guest.hpp
//
// A program of one's own in a cluster: rooms as CAF actors, wherever they live.
#pragma once

#include "actors/caf.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace troupe::guest {

using post_atom = caf::atom_constant<caf::atom("post")>;
using posted_atom = caf::atom_constant<caf::atom("posted")>;
using listen_atom = caf::atom_constant<caf::atom("listen")>;
using said_atom = caf::atom_constant<caf::atom("said")>;
using ended_atom = caf::atom_constant<caf::atom("ended")>;

/// Posts of one program that wait for their answer; one more is refused at once.
inline constexpr std::size_t waiting_posts_max = 1'024;

/// A room of the cluster. The handle stays good whichever node owns the room, and when this
/// program has to go to another node.
///
/// Ordering: posts of one sender are stored in their order; listeners hear each message once, in
///           the order of `seq`.
/// Delivery: `posted` comes when the message is stored; a post is tried again, with the same
///           identity, until it is stored or surely refused. A refusal is the request's error.
/// Errors:   when the cluster does not want this program back, all its posts, also those that wait and later ones,
///           are refused with the reason, and each listener is sent `(ended_atom, room, reason)`.
/// Overload: one past `waiting_posts_max` is refused; it was surely not stored.
using room_handle = caf::typed_actor<
  // The text of a message; answered with its seq.
  caf::replies_to<post_atom, std::string>::with<posted_atom, std::uint64_t>,
  // From now on the listener is sent `(said_atom, room, seq, from, text)`, first the newest history.
  caf::reacts_to<listen_atom, caf::actor>>;

struct options {
  std::string data = "data"; ///< The directory that the nodes share: there they are found.
  std::string user;          ///< Who this program is.
};

/// A program's place in a cluster. It enters at any living node, and at another one when that
/// ends.
///
/// Threading: any; what runs inside are actors of `system()`.
/// Lifetime:  the destructor leaves the cluster and waits for the program's own actors, which
///            must have ended or end by themselves.
class guest {
public:
  /// Throws std::runtime_error when the directory is no cluster's.
  explicit guest(options how);
  ~guest();
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  caf::actor_system& system();

  /// The room of this name. Nothing has to be made: it is spawned, on whatever node owns it, when
  /// the first message or listener comes.
  room_handle room(const std::string& name);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::guest
