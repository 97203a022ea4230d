#include "actors/cluster/cluster_report.hpp"

namespace troupe::actors {

namespace {

bool can_serve(const cluster_view& view, const living_node& owner, const can_reach& reachable) {
  return owner.row.node == view.node ? view.serving : reachable(owner);
}

} // namespace

cluster_report report_of(const cluster_view& view, const can_reach& reachable) {
  cluster_report report;
  report.node = view.node;
  report.start = view.incarnation;
  report.serving = view.serving;
  report.paused = static_cast<std::uint32_t>(view.paused.size());
  for (const auto& n : view.nodes)
    report.nodes.push_back({n.row.node, n.row.incarnation, n.row.address, n.row.link, n.row.weight, n.draining, 0,
                            can_serve(view, n, reachable)});
  for (storage::shard_id shard = 0; shard < view.shards.size(); ++shard) {
    if (const auto* owner = view.owner_of(shard))
      ++report.nodes[static_cast<std::size_t>(owner - view.nodes.data())].shards;
    else
      ++report.unowned;
    if (const auto& pinned = view.shards[shard].pinned; !pinned.empty())
      report.pins.push_back({shard, pinned});
  }
  return report;
}

room_place place_of(const cluster_view& view, storage::shard_id shard, const can_reach& reachable) {
  room_place place;
  place.shard = shard;
  place.term = view.shards[shard].term;
  place.pinned = view.shards[shard].pinned;
  const auto* owner = view.owner_of(shard);
  if (!owner)
    return place;
  place.owner = owner->row.node;
  place.start = owner->row.incarnation;
  place.address = owner->row.address;
  place.reachable = owner->row.node == view.node ? view.owns(shard) : reachable(*owner);
  return place;
}

} // namespace troupe::actors
