#pragma once

#include "actors/cluster/cluster_view.hpp"
#include "actors/cluster/judgement.hpp"

#include <string>
#include <vector>

namespace troupe::actors {

/// What one look means: who lives, where each shard should be, and what has no owner.
struct ownership_plan {
  std::vector<living_node> living;          ///< By name; this node always among them.
  std::vector<std::string> wanted;          ///< The node each shard should be on; empty when nobody takes shards.
  std::vector<storage::shard_id> orphans;   ///< Their owner is dead, or there never was one.
  std::vector<storage::node_row> forgotten; ///< Dead, and without a shard.
  std::uint32_t givers = 0;                 ///< Living nodes with shards that should be elsewhere.
  bool operator==(const ownership_plan&) const = default;

  const living_node* find(std::string_view name) const;
};

ownership_plan plan_of(const storage::cluster_seen& seen, const judgement& judged, const storage::node_row& self,
                       bool draining);

} // namespace troupe::actors
