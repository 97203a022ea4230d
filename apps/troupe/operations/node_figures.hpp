// apps/troupe/operations/node_figures.hpp
//
// A line of `troupe top`: what one node does, from two looks at it.
#pragma once

#include "actors/cluster/cluster_report.hpp"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::operations {

/// The sum of all series of that name in the text of `/metrics`; nothing when there is none.
std::optional<double> metric(std::string_view text, std::string_view name);

/// One look at a node.
struct node_look {
  std::int64_t at_us = 0; ///< Of a steady clock.
  actors::cluster_report view;
  std::string metrics;
};

struct node_figures {
  std::string node;
  std::string address;
  std::string state; ///< "serving", "draining", "not serving" or "no answer".
  std::uint32_t shards = 0;
  std::optional<std::int64_t> connections;
  std::optional<std::int64_t> rooms;
  std::optional<double> messages_per_s;   ///< Published by its rooms.
  std::optional<double> deliveries_per_s; ///< Frames handed to its connections.
  std::optional<double> cpu_percent;      ///< Of one core.
  std::uint32_t links_up = 0;
  std::uint32_t links = 0;
  bool operator==(const node_figures&) const = default;
};
BOOST_DESCRIBE_STRUCT(node_figures, (),
                      (node, address, state, shards, connections, rooms, messages_per_s, deliveries_per_s, cpu_percent,
                       links_up, links))

/// Rates need the look before; without `now` the node gave no answer.
node_figures figures_of(const actors::node_report& node, const node_look* before, const node_look* now);

struct cluster_figures {
  std::vector<node_figures> nodes;
  std::uint32_t unowned = 0; ///< Shards that no living node owns.
  std::vector<actors::pinned_shard> pins;
};
BOOST_DESCRIBE_STRUCT(cluster_figures, (), (nodes, unowned, pins))

} // namespace troupe::operations
