#include "storage/sole_owner.hpp"

#include <algorithm>
#include <utility>

namespace troupe::storage {

std::optional<shard_terms> take_every_shard(membership_store& store, const std::string& node,
                                            incarnation_t incarnation) {
  const auto seen = store.look();
  if (!seen)
    return {};
  std::vector<shard_change> all;
  shard_terms terms{};
  for (shard_id shard = 0; shard < shard_count; ++shard) {
    all.push_back({shard, seen->shards[shard].term, node, incarnation});
    terms[shard] = seen->shards[shard].term + 1;
  }
  const auto changed = store.change(all);
  return changed && changed->size() == shard_count ? std::optional{terms} : std::nullopt;
}

sole_owner::started sole_owner::start(sqlite_settings settings, node_row row) {
  const auto directory = settings.store.directory;
  const auto fatal = settings.fatal;
  std::unique_ptr<sole_owner> made{new sole_owner};
  auto log = sqlite_log::start(std::move(settings));
  if (!log.log)
    return {nullptr, std::move(log.failure)};
  made->log_ = std::move(log.log);
  auto nodes = sqlite_membership::open({.directory = directory, .fatal = fatal});
  if (!nodes.store)
    return {nullptr, std::move(nodes.failure)};
  made->nodes_ = std::move(nodes.store);

  const auto entered = made->nodes_->enter(row);
  if (entered.incarnation == 0)
    return {nullptr, entered.failure};
  const auto seen = made->nodes_->look();
  if (!seen)
    return {nullptr, "cannot read the list of nodes in " + directory + ": check the directory's rights"};
  for (const auto& node : seen->nodes)
    if (!node.gone && node.row.incarnation != entered.incarnation)
      return {nullptr,
              "node \"" + node.row.node + "\" runs on " + directory +
                " already, and a directory has one node: stop it first, or name another directory with --data"};
  const auto terms = take_every_shard(*made->nodes_, row.node, entered.incarnation);
  if (!terms)
    return {nullptr, "cannot take the shards in " + directory + ": check the disk's space"};
  made->terms_ = *terms;
  return {std::move(made), {}};
}

sole_owner::~sole_owner() {
  log_.reset();
  if (nodes_)
    nodes_->leave();
}

} // namespace troupe::storage
