// apps/troupe/seat.hpp
#pragma once

#include "actors/cluster/node_port.hpp"
#include "actors/node.hpp"
#include "config/options.hpp"
#include "storage/read_pool.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <variant>

namespace troupe {

/// A node's seat in its cluster: the row it keeps in the store, its deadline, its port for
/// other nodes, and the thread on which the store is asked.
///
/// Lifetime: outlives the actors of the node; made before the I/O threads run.
class seat {
public:
  /// What the machine's CAF system needs for it.
  static void configure(caf::actor_system_config& config, const config::cluster_options& how);

  seat(const config::options& options, caf::actor_system& system);
  ~seat();
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;

  /// Opens the port, enters the cluster and starts the loop that keeps the node in it.
  /// `address` is where clients reach the node. Throws std::runtime_error with what to do.
  void take(actors::node& node, actors::services& around, const std::string& address);

  /// The node may serve what it owns. From any thread.
  bool may_serve() const noexcept;

  /// All shards were given away. From any thread.
  bool empty() const noexcept { return empty_.load(); }

  /// Lets go of what is kept of nodes that have gone. From any thread, every second or so.
  void forget_the_gone() { port_.forget_the_gone(); }

  /// Nobody waits for this node any more. After its actors have ended.
  void leave();

  const storage::node_row& self() const noexcept { return self_; }

private:
  const config::options& options_;
  /// A thread that makes calls, in order.
  using caller = storage::read_pool<std::monostate>;

  std::unique_ptr<storage::membership_store> store_;
  std::unique_ptr<caller> calls_;
  std::unique_ptr<caller> beats_;
  storage::node_row self_;
  std::atomic<std::int64_t> serves_until_{0};
  std::atomic<bool> empty_{false};
  actors::node_port port_;
};

} // namespace troupe
