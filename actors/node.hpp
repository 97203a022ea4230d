// actors/node.hpp
#pragma once

#include "actors/cluster/membership_loop.hpp"
#include "actors/cluster/mesh.hpp"
#include "actors/connection.hpp"
#include "actors/services.hpp"

#include <memory>
#include <vector>

namespace troupe::actors {

/// The actors of one node: a fanout and a guardian per execution unit, and the door that
/// makes connections.
///
/// Lifetime: the services, the units and the logs outlive it. `stop` ends every room, relay
///           and user; connections end with their sockets, before it.
class node {
public:
  /// Fills `around.tables`, `fanouts`, `peers` and `guardians` for `around.units`.
  explicit node(services& around);

  wire_acceptor& acceptor() noexcept { return door_; }
  class door& door() noexcept {
    return door_;
  }

  /// Everybody goes by this view; for a node that is alone, and knows it.
  void see(shared_view view);

  /// What other nodes find at the link port. Before `join`.
  mesh_actor open_mesh(dial call);

  /// Takes part in a cluster as `self`, which the store has taken in by a call sent at `entered`
  /// (boot-time clock): owns its share of the shards, and has a link to every other node.
  void join(storage::node_row self, time_ms entered, const config::cluster_options& how, membership_surroundings with);

  /// Requests that come from now on meet the chains of these options; what is under way goes on in its own.
  void use_chains(const std::shared_ptr<const config::options>& options);

  /// Gives all shards to other nodes; `membership_surroundings::drained` is called then.
  void give_away();

  /// Tells all clients to come back within `within_ms`, each in its slot.
  void drain(std::uint32_t within_ms);

  /// Ends the actors; they are gone when the system's running count says so.
  void stop();
  /// The files of logs were moved away: what comes next goes into new ones. From any thread.
  void reopen_logs();

private:
  services& around_;
  class door door_;
};

} // namespace troupe::actors
