// actors/cluster/cluster_view.hpp
#pragma once

#include "storage/membership.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// Another node, or this one, as the cluster sees it now.
struct living_node {
  storage::node_row row;
  bool draining = false;
  bool operator==(const living_node&) const = default;
};
BOOST_DESCRIBE_STRUCT(living_node, (), (row, draining))

/// What this node knows of the cluster at one time: which nodes live, and who owns which
/// shard under which term. Immutable once published; shared by all threads.
struct cluster_view {
  std::uint64_t version = 0; ///< Grows with each view of this node.
  std::string node;          ///< This one.
  storage::incarnation_t incarnation = 0;
  bool serving = false; ///< This node may serve what it owns: its own deadline has not passed.
  std::vector<living_node> nodes;
  std::vector<storage::shard_row> shards; ///< shard_count rows; nobody's while the owner is dead: see `owner_of`.
  /// Sorted: rows of this node that it does not serve. It is giving them away, or it was out of touch with the store
  /// for so long that it has to raise their terms first.
  std::vector<storage::shard_id> paused;

  /// Whether this node serves a shard, under the term of its row. Nothing that the store does not fence may be
  /// acknowledged by this alone: a process that was frozen still has its old view. Look at `ownership_core::deadline`.
  bool owns(storage::shard_id shard) const {
    return serving && shards[shard].owner == node && shards[shard].incarnation == incarnation &&
           !std::binary_search(paused.begin(), paused.end(), shard);
  }

  const living_node* find(std::string_view name) const {
    const auto i = std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.row.node == name; });
    return i == nodes.end() ? nullptr : &*i;
  }

  /// The living owner of a shard; null while it has none.
  const living_node* owner_of(storage::shard_id shard) const {
    const auto& row = shards[shard];
    const auto* owner = find(row.owner);
    return owner && owner->row.incarnation == row.incarnation ? owner : nullptr;
  }
  bool operator==(const cluster_view&) const = default;
};
BOOST_DESCRIBE_STRUCT(cluster_view, (), (version, node, incarnation, serving, nodes, shards, paused))

using shared_view = std::shared_ptr<const cluster_view>;

} // namespace troupe::actors
