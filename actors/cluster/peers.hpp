// actors/cluster/peers.hpp
#pragma once

#include "actors/cluster/envelope.hpp"
#include "actors/interfaces.hpp"

#include <map>
#include <string>

namespace troupe::actors {

/// A node that can be reached.
struct reachable_peer {
  storage::incarnation_t incarnation = 0;
  link_actor link;
};

/// The links of this node, as one I/O thread sees them: kept by its guardian, read by the rooms
/// beside it.
using peer_table = std::map<std::string, reachable_peer, std::less<>>;

/// One relay of a room, here or on another node. What is told to a node that cannot be
/// reached is lost: its relay attaches again and is told what it missed.
///
/// Threading: a copy may be used from any thread, as the log's answers are.
class relay_address {
public:
  relay_address() = default;
  explicit relay_address(relay_actor here) : here_(std::move(here)) {}
  relay_address(link_actor there, std::string room, storage::term_t term)
    : there_(std::move(there)), room_(std::move(room)), term_(term) {}

  void tell(from_room::news what) const;

private:
  relay_actor here_;
  link_actor there_;
  std::string room_;
  storage::term_t term_ = 0;
};

} // namespace troupe::actors
