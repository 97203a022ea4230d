// tests/support/simulated_store.hpp
#pragma once

#include "checker/event_sink.hpp"
#include "storage/faults.hpp"
#include "storage/membership.hpp"
#include "storage/memory_log.hpp"
#include "tests/support/stage.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe::tests {

/// The one store of a simulated cluster: rooms behind a fence of terms, nodes, owners of shards.
/// Every call takes effect at once; `node_log` and `node_membership` are how a node reaches it.
class simulated_store {
public:
  /// What is known of a dead process, and done to an expired one.
  enum class kind {
    embedded, ///< On one machine: a dead process is known as such, and an expired one is killed.
    shared,   ///< Behind a network: nothing is known and nobody killed. The fence holds.
  };

  simulated_store(stage& world, kind how);

  // -- rooms --
  storage::open_result open(storage::opening what);
  storage::append_result append(storage::run what);
  storage::page_result page(const storage::page_query& what);
  storage::find_result find(const std::string& room, storage::seq_t seq);
  storage::status change_member(storage::member_change what);
  storage::prune_result prune_room(storage::prune what);
  storage::inbox_result inbox(const storage::inbox_query& what);
  storage::seq_t head_of(const std::string& room) const;

  // -- nodes and shards --
  storage::membership_store::entered enter(storage::node_row row);
  bool beat(storage::incarnation_t who, bool draining);
  storage::cluster_seen look() const;
  std::vector<storage::shard_id> change(storage::incarnation_t by, const std::vector<storage::shard_change>& what);
  void pin(storage::shard_id shard, const std::string& node);
  bool make_sure_dead(const storage::node_row& whom);
  void leave(storage::incarnation_t who);
  bool forget(const storage::node_row& whom);
  const storage::shard_row& shard_of(const std::string& room) const { return shards_[storage::shard_of(room)]; }

  /// Whether the process of that start runs; and what ends it. Set before the first node enters.
  std::function<bool(storage::incarnation_t)> runs;
  std::function<void(storage::incarnation_t)> kill;
  /// Called before a shard goes from one owner to another.
  std::function<void(storage::shard_id, const storage::shard_row& from, const storage::shard_change& to)> passes;

  /// The final history of every room, for the checker.
  void tell(checker::event_sink& into);

private:
  bool holds(const std::string& room, storage::term_t term) const;
  void note_write(const std::string& room, storage::term_t term);
  bool is_gone(storage::incarnation_t who) const { return kind_ == kind::embedded && !runs(who); }

  stage& world_;
  kind kind_;
  storage::memory_log rooms_;
  std::map<std::string, std::vector<storage::term_t>> terms_; ///< Of each row, from seq 1.
  std::vector<storage::node_seen> nodes_;
  std::vector<storage::shard_row> shards_;
  storage::incarnation_t starts_ = 0;
};

} // namespace troupe::tests
