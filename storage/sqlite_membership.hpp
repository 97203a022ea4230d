// storage/sqlite_membership.hpp
//
// The nodes of one machine that share one data directory.
#pragma once

#include "storage/heartbeat_file.hpp"
#include "storage/membership.hpp"
#include "storage/process_identity.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/write_lock.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::storage {

struct membership_settings {
  std::string directory;
  /// A process of another pid namespace counts as living for so long after its last heartbeat,
  /// because nothing else can be known of it.
  time_ms silent_ms_max = 5'000;
  /// As in `sqlite_settings`.
  std::function<void(std::string_view)> fatal;
};

/// Nodes in cluster.db, owners of shards in log.db beside the fence they are, heartbeats in
/// one file a node (docs/adr/0012-nodes-of-one-machine.md).
///
/// A process that is stopped may hold the writers' lock. So nothing here waits for a lock
/// without bound, reads wait for none, and an expired owner is killed before its shards go to
/// others: then the kernel gives back what it held.
///
/// Threading: as the interface says.
/// Errors:    as the interface says; when a sync of log.db fails the process ends.
class sqlite_membership final : public membership_store {
public:
  struct opened {
    std::unique_ptr<sqlite_membership> store; ///< Null when the files could not be opened …
    std::string failure;                      ///< … with what is wrong and what to do.
  };

  /// Opens or makes the files.
  static opened open(membership_settings settings);

  sqlite_membership(const sqlite_membership&) = delete;
  sqlite_membership& operator=(const sqlite_membership&) = delete;
  ~sqlite_membership() override;

  // -- membership_store -------------------------------------------------------------
  entered enter(node_row row) override;
  bool beat(bool draining) override;
  std::optional<cluster_seen> look() override;
  std::optional<std::vector<shard_id>> change(const std::vector<shard_change>& what) override;
  bool pin(shard_id shard, const std::string& node) override;
  bool make_sure_dead(const node_row& whom) override;
  bool leave() override;
  bool forget(const node_row& whom) override;

  /// The process of a node that lives; nothing when it does not, or cannot be seen from here.
  std::optional<process_identity> process_of(const node_row& whom);

private:
  /// A row of the table `node`.
  struct stored_node {
    node_row row;
    process_identity process;
    std::string home; ///< Which directory it entered: another one when this one is a copy.
    time_ms entered = 0;
  };

  sqlite_membership(membership_settings settings, process_identity self);

  std::string heartbeat_path(const node_row& of) const;
  /// In one transaction, after waiting a bounded time for the turn; false when nothing came of it.
  bool write_log(std::chrono::milliseconds wait, const std::function<void()>& statements);
  bool write_cluster(std::chrono::milliseconds wait, const std::function<void()>& statements);
  std::vector<stored_node> stored_nodes();
  std::optional<stored_node> find(const node_row& whom);
  fate fate_of(const stored_node& of) const;
  heartbeat last_beat(const stored_node& of);
  void clear_way_for(const std::string& node);
  incarnation_t draw_incarnation();
  void insert(const stored_node& node);
  void erase(const node_row& whom);

  const membership_settings settings_;
  const process_identity self_;
  const std::string home_;
  const log_files log_files_;
  const cluster_files cluster_files_;

  write_lock log_lock_, cluster_lock_;
  std::unique_ptr<sqlite_database> log_, cluster_;
  statement select_shards_, change_shard_, pin_shard_, select_nodes_;

  std::optional<node_row> own_; ///< Once entered.
  std::unique_ptr<heartbeat_file> heartbeat_;
  std::map<incarnation_t, heartbeat> beats_; ///< The last whole record of each node.
};

} // namespace troupe::storage
