// actors/services.hpp
#pragma once

#include "actors/cluster/peers.hpp"
#include "actors/counters.hpp"
#include "actors/creation_budget.hpp"
#include "actors/interfaces.hpp"
#include "actors/middleware/chains.hpp"
#include "actors/middleware/failure_board.hpp"
#include "actors/middleware/thread_watch.hpp"
#include "actors/middleware/writer_board.hpp"
#include "actors/resume_tokens.hpp"
#include "actors/wire.hpp"
#include "config/options.hpp"
#include "config/room_patterns.hpp"
#include "storage/message_log.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::identity {
class authenticator;
}

namespace troupe::actors {

class fanout_table;
class tape_writer;

/// The last view of the cluster, for those who are no actors.
///
/// Threading: any.
class view_board {
public:
  void put(shared_view view) {
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
  }
  shared_view get() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }

private:
  mutable std::mutex mutex_;
  shared_view view_; ///< Null until the first one.
};

/// What the actors of a node take from outside: time, randomness, storage, configuration,
/// the units they live on. The server gives real ones, a simulation its own.
///
/// Threading: filled before the first actor is spawned, immutable after; everything in it
///            may be called from any thread.
struct services {
  const config::options& options;
  const config::room_patterns& patterns;
  storage::message_log& disk;
  storage::message_log& memory;
  const resume_tokens& tokens;
  std::function<time_ms()> now;
  std::function<void(unsigned char*, std::size_t)> draw;
  /// This node may serve what it owns: false from its own deadline on, whatever it believes.
  std::function<bool()> may_serve;
  /// Says what an operator should see; never on a hot path.
  std::function<void(std::string_view)> warn;
  actor_counters& counters;
  tape_writer* tapes = nullptr; ///< When rooms are recorded.

  /// One of each per I/O thread, in the order of the threads.
  std::vector<actor_unit*> units;
  std::vector<std::unique_ptr<fanout_table>> tables;
  std::vector<fanout_actor> fanouts;
  std::vector<guardian_actor> guardians;
  std::vector<std::unique_ptr<peer_table>> peers;
  std::vector<std::unique_ptr<chains>> chains_of; ///< Each is touched on its own thread only.
  std::vector<std::unique_ptr<thread_watch>> watches;
  writer_board logs;      ///< Of steps.
  failure_board failures; ///< Of steps, as `recover` saw them.
  step_registry steps;    ///< The node adds those that are built in, unless there are some.

  membership_actor membership; ///< Null in a node that has no cluster.
  mesh_actor mesh;             ///< The same.
  view_board views;
  creation_budget creations;
  identity::authenticator* tokens_of_users = nullptr; ///< Null when `auth.mode` is open.
  /// Runs something long on a thread of its own; false when too much waits already.
  std::function<bool(std::function<void()>)> elsewhere;
  wire_acceptor* door = nullptr; ///< Of this node.

  storage::message_log& log_for(const config::room_policy& policy) const {
    return policy.durability == protocol::durability::memory ? memory : disk;
  }

  /// Rooms and users live on the I/O thread that their name picks.
  std::size_t unit_of(std::string_view name) const { return storage::shard_of(name) % units.size(); }
};

} // namespace troupe::actors
