#include "actors/cluster/ownership_plan.hpp"

#include "actors/cluster/rendezvous.hpp"

#include <algorithm>
#include <set>

namespace troupe::actors {

namespace {

using start_of_node = std::pair<std::string_view, storage::incarnation_t>;

start_of_node owner_of(const storage::shard_row& row) { return {row.owner, row.incarnation}; }
start_of_node start_of(const storage::node_row& row) { return {row.node, row.incarnation}; }

} // namespace

const living_node* ownership_plan::find(std::string_view name) const {
  const auto i = std::find_if(living.begin(), living.end(), [&](const auto& n) { return n.row.node == name; });
  return i == living.end() ? nullptr : &*i;
}

ownership_plan plan_of(const storage::cluster_seen& seen, const judgement& judged, const storage::node_row& self,
                       bool draining) {
  ownership_plan plan;
  std::set<start_of_node> not_dead{start_of(self)}, owning;
  plan.living.push_back({self, draining});
  for (const auto& row : seen.shards)
    owning.insert(owner_of(row));
  for (const auto& n : seen.nodes) {
    if (n.row.incarnation == self.incarnation)
      continue;
    if (judged.living(n))
      plan.living.push_back({n.row, n.draining});
    if (!judged.dead(n))
      not_dead.insert(start_of(n.row));
    else if (!owning.contains(start_of(n.row)))
      plan.forgotten.push_back(n.row);
  }
  std::sort(plan.living.begin(), plan.living.end(),
            [](const auto& a, const auto& b) { return a.row.node < b.row.node; });

  std::vector<shard_taker> takers;
  for (const auto& n : plan.living)
    if (!n.draining)
      takers.push_back({n.row.node, n.row.weight});
  std::vector<std::string> pins;
  for (const auto& row : seen.shards)
    pins.push_back(row.pinned);
  plan.wanted = wanted_owners(std::move(takers), pins);

  std::set<start_of_node> givers;
  for (std::size_t shard = 0; shard < seen.shards.size(); ++shard) {
    const auto& row = seen.shards[shard];
    if (row.term == 0 || !not_dead.contains(owner_of(row)))
      plan.orphans.push_back(static_cast<storage::shard_id>(shard));
    else if (row.owner != plan.wanted[shard])
      givers.insert(owner_of(row));
  }
  plan.givers = static_cast<std::uint32_t>(givers.size());
  return plan;
}

} // namespace troupe::actors
