#include "apps/troupe/join.hpp"

#include "storage/sqlite_membership.hpp"

#include <CLI/Error.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace troupe {

void join_cluster(const std::string& directory, configuration_flags& flags) {
  const auto nodes = std::filesystem::exists(std::filesystem::path{directory} / "cluster.db")
                       ? storage::sqlite_membership::open({directory, {}, {}})
                       : storage::sqlite_membership::opened{};
  const auto seen = nodes.store ? nodes.store->look() : std::nullopt;
  const auto lives = [](const auto& node) { return !node.gone; };
  if (!seen || std::none_of(seen->nodes.begin(), seen->nodes.end(), lives)) {
    std::fprintf(stderr, "troupe: no node lives in %s: name the directory of a running cluster, or use --data\n",
                 directory.c_str());
    throw CLI::RuntimeError(1);
  }
  // Not "node-N": that may be the name of a node that `troupe cluster` is about to start again.
  unsigned number = 1;
  const auto name = [&] { return "joined-" + std::to_string(number); };
  while (std::any_of(seen->nodes.begin(), seen->nodes.end(), [&](const auto& n) { return n.row.node == name(); }))
    ++number;
  flags.settings.push_back({"--join", "store.directory", directory});
  flags.found = {{"--join", "node", name()}, {"--join", "listen.address", "127.0.0.1:0"}};
}

} // namespace troupe
