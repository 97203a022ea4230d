// actors/cluster/ownership_messages.hpp
//
// What the ownership loop of a node is told, and what it does. Times are the boot-time
// clock of this machine in milliseconds unless they say otherwise.
#pragma once

#include "actors/cluster/cluster_view.hpp"
#include "actors/room_messages.hpp"

#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

namespace to_ownership {

/// The time asked for by `wake_at` has come.
struct wake {};
BOOST_DESCRIBE_STRUCT(wake, (), ())

/// The answer to `beat`, always given; `sent` is when it was sent.
struct beaten {
  time_ms sent = 0;
  bool ok = false;
};
BOOST_DESCRIBE_STRUCT(beaten, (), (sent, ok))

/// The answer to `look`; empty when the store could not be read.
struct looked {
  time_ms sent = 0;
  std::optional<storage::cluster_seen> seen;
};
BOOST_DESCRIBE_STRUCT(looked, (), (sent, seen))

/// The answer to `change`: it is over, whatever it did; not `ok`: the store said that it failed. A look follows.
struct changed {
  bool ok = true;
};
BOOST_DESCRIBE_STRUCT(changed, (), (ok))

/// The answer to `kill`.
struct killed {
  storage::node_row whom;
  bool dead = false;
};
BOOST_DESCRIBE_STRUCT(killed, (), (whom, dead))

/// The rooms of a shard have ended here, so that it can be given away.
struct settled {
  storage::shard_id shard = 0;
};
BOOST_DESCRIBE_STRUCT(settled, (), (shard))

/// A peer can be reached, or not any more. Only a hint: it permits nothing.
struct peer_up {
  std::string node;
  storage::incarnation_t incarnation = 0;
};
BOOST_DESCRIBE_STRUCT(peer_up, (), (node, incarnation))
struct peer_down {
  std::string node;
  storage::incarnation_t incarnation = 0;
};
BOOST_DESCRIBE_STRUCT(peer_down, (), (node, incarnation))

/// Somebody saw a row that is newer than this node's view: look now.
struct hint {};
BOOST_DESCRIBE_STRUCT(hint, (), ())

/// This node goes away: it gives all its shards to others.
struct drain {};
BOOST_DESCRIBE_STRUCT(drain, (), ())

using command = std::variant<wake, beaten, looked, changed, killed, settled, peer_up, peer_down, hint, drain>;

} // namespace to_ownership

namespace ownership_does {

/// Renew the heartbeat; answered by `beaten`.
struct beat {
  bool draining = false;
};
BOOST_DESCRIBE_STRUCT(beat, (), (draining))

/// Read the store; answered by `looked`. At most one is under way.
struct look {};
BOOST_DESCRIBE_STRUCT(look, (), ())

/// Change owners; answered by `changed`. At most one is under way.
struct change {
  std::vector<storage::shard_change> what;
};
BOOST_DESCRIBE_STRUCT(change, (), (what))

/// An expired node's process must not run any more before its shards are taken; answered by `killed`.
struct kill {
  storage::node_row whom;
};
BOOST_DESCRIBE_STRUCT(kill, (), (whom))

/// A dead node owns nothing any more: its row can go.
struct forget {
  storage::node_row whom;
};
BOOST_DESCRIBE_STRUCT(forget, (), (whom))

/// End the rooms of this shard, which goes to another node; answered by `settled`. The view published before
/// this says that the shard is paused; a later one, under a higher term, may say that it stays after all.
struct settle {
  storage::shard_id shard = 0;
};
BOOST_DESCRIBE_STRUCT(settle, (), (shard))

/// Everybody on this node goes by this view from now on.
struct publish {
  shared_view view;
};

/// Peers should look: this node changed rows.
struct tell_peers {};
BOOST_DESCRIBE_STRUCT(tell_peers, (), ())

/// An operator should see this.
struct warn {
  std::string line;
};
BOOST_DESCRIBE_STRUCT(warn, (), (line))

/// All shards are given away: the node may end.
struct drained {};
BOOST_DESCRIBE_STRUCT(drained, (), ())

/// This node was declared dead or replaced: it must end now.
struct stop {
  std::string why;
};
BOOST_DESCRIBE_STRUCT(stop, (), (why))

struct wake_at {
  time_ms time = 0;
};
BOOST_DESCRIBE_STRUCT(wake_at, (), (time))

using effect =
  std::variant<beat, look, change, kill, forget, settle, publish, tell_peers, warn, drained, stop, wake_at>;

} // namespace ownership_does

using ownership_effects = std::vector<ownership_does::effect>;

} // namespace troupe::actors
