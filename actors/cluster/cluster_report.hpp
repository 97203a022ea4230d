// actors/cluster/cluster_report.hpp
//
// What an operator can see of the cluster, as one node knows it.
#pragma once

#include "actors/cluster/cluster_view.hpp"
#include "actors/cluster/link_messages.hpp"
#include "actors/survey.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::actors {

/// Where a shard, and with it a room, is.
struct room_place {
  std::string room; ///< Empty when a shard was asked for.
  storage::shard_id shard = 0;
  std::string owner;                ///< Empty while nobody living owns it.
  storage::incarnation_t start = 0; ///< The owner's.
  std::string address;              ///< Where clients reach the owner.
  storage::term_t term = 0;
  std::string pinned;     ///< The node an operator wants it on.
  bool reachable = false; ///< From the node that answers: it is the owner and serves, or has a link to it.
  bool operator==(const room_place&) const = default;
};
BOOST_DESCRIBE_STRUCT(room_place, (), (room, shard, owner, start, address, term, pinned, reachable))

struct node_report {
  std::string node;
  storage::incarnation_t start = 0; ///< Which start of the node it is.
  std::string address;              ///< Where clients reach it.
  std::string link;                 ///< Where other nodes reach it.
  std::uint32_t weight = 0;
  bool draining = false;
  std::uint32_t shards = 0; ///< It owns.
  bool reachable = false;   ///< From the node that answers.
  bool operator==(const node_report&) const = default;
};
BOOST_DESCRIBE_STRUCT(node_report, (), (node, start, address, link, weight, draining, shards, reachable))

/// One link of the node that answers.
struct link_report {
  std::string node;
  storage::incarnation_t start = 0;
  bool up = false;
  std::uint64_t waiting_bytes = 0; ///< For credit.
  std::uint64_t unacked_bytes = 0;
  std::uint64_t rooms_behind = 0; ///< Rooms whose relay there has to pull.
  link_counters counters;         ///< Since the link was made.
  bool operator==(const link_report&) const = default;
};
BOOST_DESCRIBE_STRUCT(link_report, (), (node, start, up, waiting_bytes, unacked_bytes, rooms_behind, counters))

struct pinned_shard {
  storage::shard_id shard = 0;
  std::string node;
  bool operator==(const pinned_shard&) const = default;
};
BOOST_DESCRIBE_STRUCT(pinned_shard, (), (shard, node))

/// The view of one node.
struct cluster_report {
  std::string node; ///< Who answers.
  storage::incarnation_t start = 0;
  bool serving = false;     ///< It may serve what it owns.
  std::uint32_t paused = 0; ///< Shards it owns and does not serve just now.
  std::vector<node_report> nodes;
  std::uint32_t unowned = 0; ///< Shards that no living node owns.
  std::vector<pinned_shard> pins;
  std::vector<link_report> links;
  bool operator==(const cluster_report&) const = default;
};
BOOST_DESCRIBE_STRUCT(cluster_report, (), (node, start, serving, paused, nodes, unowned, pins, links))

using can_reach = std::function<bool(const living_node&)>;

/// All but the links.
cluster_report report_of(const cluster_view& view, const can_reach& reachable);

room_place place_of(const cluster_view& view, storage::shard_id shard, const can_reach& reachable);

using cluster_survey = survey<cluster_report>;

/// Asks the mesh, which passes it to each link, for the links.
struct survey_links {
  std::shared_ptr<cluster_survey> into;
  std::size_t part = 0; ///< The link's.
};

} // namespace troupe::actors
