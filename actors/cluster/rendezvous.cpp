#include "actors/cluster/rendezvous.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace troupe::actors {

namespace {

constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

/// −log2(hash / 2⁶⁴) with 24 binary places. Integers only: each node must get the same, whatever its
/// mathematics library makes of the last digit.
std::uint64_t minus_log2(std::uint64_t hash) {
  constexpr unsigned places = 24;
  hash |= 1;
  const auto whole = static_cast<unsigned>(std::bit_width(hash)) - 1;
  auto mantissa = (hash << (63 - whole)) >> 32; // In [2³¹, 2³²): a number from 1 to 2.
  std::uint64_t log = whole;
  for (unsigned i = 0; i < places; ++i) {
    mantissa = (mantissa * mantissa) >> 31;
    log <<= 1;
    if (mantissa >> 32) {
      mantissa >>= 1;
      log |= 1;
    }
  }
  return (std::uint64_t{64} << places) - log;
}

/// How little a shard wants to be on a node: exponentially distributed, at a rate that is the node's weight.
std::uint64_t distance(const shard_taker& node, std::size_t shard) {
  return (minus_log2(XXH3_64bits_withSeed(node.node.data(), node.node.size(), shard)) << 32) / node.weight;
}

} // namespace

std::vector<std::string> wanted_owners(std::vector<shard_taker> nodes, const std::vector<std::string>& pins) {
  std::erase_if(nodes, [](const auto& n) { return n.weight == 0; });
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  std::uint64_t weights = 0;
  for (const auto& n : nodes)
    weights += n.weight;
  std::vector<std::size_t> room; // How many more shards each node may hold.
  for (const auto& n : nodes)
    room.push_back((11 * pins.size() * n.weight + 10 * weights - 1) / (10 * weights));

  std::vector<std::size_t> on(pins.size(), nobody);
  for (std::size_t shard = 0; shard < pins.size(); ++shard)
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (!pins[shard].empty() && nodes[i].node == pins[shard]) {
        on[shard] = i;
        room[i] -= room[i] > 0;
      }

  std::vector<std::string> wanted(pins.size());
  for (std::size_t shard = 0; shard < pins.size(); ++shard) {
    auto best = std::numeric_limits<std::uint64_t>::max();
    if (on[shard] == nobody) {
      for (std::size_t i = 0; i < nodes.size(); ++i)
        if (const auto d = distance(nodes[i], shard); room[i] > 0 && (on[shard] == nobody || d < best)) {
          best = d;
          on[shard] = i;
        }
      if (on[shard] != nobody)
        --room[on[shard]];
    }
    if (on[shard] != nobody)
      wanted[shard] = nodes[on[shard]].node;
  }
  return wanted;
}

} // namespace troupe::actors
