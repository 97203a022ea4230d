// storage/membership.hpp
//
// Which nodes there are and who owns which shard, behind one interface: the embedded store
// keeps it in files of one machine, a shared store in tables.
#pragma once

#include "storage/message_log.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::storage {

/// Identifies one start of one node; drawn from the store, never used twice, never 0.
using incarnation_t = std::uint64_t;

/// What a node says of itself when it enters.
struct node_row {
  std::string node; ///< Its name; one living node each.
  incarnation_t incarnation = 0;
  std::string address;      ///< Where clients reach it.
  std::string link;         ///< Where other nodes reach it, "127.0.0.1:4711".
  std::string boot;         ///< Random, of this start: tells two processes apart that look alike.
  std::uint32_t weight = 1; ///< Its share of the shards; 0 = it only gives access.
  bool operator==(const node_row&) const = default;
};
BOOST_DESCRIBE_STRUCT(node_row, (), (node, incarnation, address, link, boot, weight))

/// A node as the store knows it.
struct node_seen {
  node_row row;
  time_ms beat = 0;      ///< The store's clock at its last heartbeat, not after `cluster_seen::at`.
  bool draining = false; ///< It gives its shards away and takes none.
  bool gone = false;     ///< Its death is proven (its process does not exist): no need to wait for the time to live.
  bool operator==(const node_seen&) const = default;
};
BOOST_DESCRIBE_STRUCT(node_seen, (), (row, beat, draining, gone))

/// The truth about one shard. `term` 0: nobody has owned it yet.
struct shard_row {
  std::string owner;
  incarnation_t incarnation = 0;
  term_t term = 0;
  std::string pinned; ///< The node an operator wants it on; empty = wherever it falls.
  bool operator==(const shard_row&) const = default;
};
BOOST_DESCRIBE_STRUCT(shard_row, (), (owner, incarnation, term, pinned))

/// One look at the store. What is not read in one transaction is read in this order: `at`, `shards`, `nodes`. Then the
/// owner of each row is among the nodes unless it has gone since, and no beat looks older than it is.
struct cluster_seen {
  time_ms at = 0;                ///< The store's clock when it was read.
  std::vector<node_seen> nodes;  ///< By name. An owner that is not among them has left or is dead.
  std::vector<shard_row> shards; ///< Exactly shard_count.
  bool operator==(const cluster_seen&) const = default;
};
BOOST_DESCRIBE_STRUCT(cluster_seen, (), (at, nodes, shards))

/// A change of one shard's owner, valid only while the row still has `term`. The row's term
/// becomes `term + 1`.
struct shard_change {
  shard_id shard = 0;
  term_t term = 0;
  std::string owner;
  incarnation_t incarnation = 0;
  bool operator==(const shard_change&) const = default;
};
BOOST_DESCRIBE_STRUCT(shard_change, (), (shard, term, owner, incarnation))

/// The nodes and the owners of the shards.
///
/// Ordering:  a change of an owner and the appends of rooms are serialised by the store: an
///            append under an older term is refused from the moment the change returned.
/// Threading: one thread at a time, but `beat` may run beside the others between `enter` and
///            `leave`. Every call may block for a commit, and up to two seconds for a lock or
///            for the end of a process; `beat` does not.
/// Errors:    false, or nullopt, when the store did not do it or may not have done it: look again.
/// Clock:     the store's, in milliseconds; for the embedded one the machine's boot-time clock.
class membership_store {
public:
  virtual ~membership_store() = default;

  struct entered {
    incarnation_t incarnation = 0; ///< 0 when the node may not enter …
    std::string failure;           ///< … with what is wrong and what to do.
  };

  /// Announces this node (`row.incarnation` is given by the store) with a first heartbeat. A
  /// dead node's row of the same name is replaced.
  virtual entered enter(node_row row) = 0;

  /// Renews this node's heartbeat.
  virtual bool beat(bool draining) = 0;

  /// Reads everything; waits for no lock.
  virtual std::optional<cluster_seen> look() = 0;

  /// Makes those changes whose row still has the term named, all in one transaction. Gives
  /// the shards that were changed.
  virtual std::optional<std::vector<shard_id>> change(const std::vector<shard_change>& what) = 0;

  /// Says where an operator wants a shard (empty: wherever it falls).
  virtual bool pin(shard_id shard, const std::string& node) = 0;

  /// Makes sure that the process of an expired node does not run any more, and says whether it
  /// is so; never ends this process, nor one that only has the same pid. On a store whose fence
  /// holds without that, true at once.
  virtual bool make_sure_dead(const node_row& whom) = 0;

  /// Takes this node's row away: it has given up everything. True also when it never entered.
  virtual bool leave() = 0;

  /// Takes away the row of a node that is dead and owns nothing when this is carried out; false
  /// when it does or lives.
  virtual bool forget(const node_row& whom) = 0;
};

} // namespace troupe::storage
