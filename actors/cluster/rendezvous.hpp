#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::actors {

/// A living node that takes shards.
struct shard_taker {
  std::string node;
  std::uint32_t weight = 1; ///< Its share; 0 = none, whatever is pinned to it.
};

/// The node each shard should be on, one name per entry of `pins`; empty where nobody takes any.
///
/// A shard goes to the node it prefers (weighted rendezvous hashing) among those that are not full: a node holds at most
/// ⌈1.1 × shards × its share of the weights⌉. A pin to a node of the list comes before all that, the bound
/// included; a pin to any other node counts for nothing.
///
/// The answer depends on nothing but the set of nodes and the pins, so every node finds the same alone, and nodes
/// that left and came back get what they had. Who joins or leaves moves what it gets or had; beyond that, a
/// few shards that were not, or now are not, where they prefer to be because that node was full.
std::vector<std::string> wanted_owners(std::vector<shard_taker> nodes, const std::vector<std::string>& pins);

} // namespace troupe::actors
