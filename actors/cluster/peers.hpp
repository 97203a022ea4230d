// actors/cluster/peers.hpp
#pragma once

#include "actors/cluster/envelope.hpp"
#include "actors/cluster/page_turns.hpp"
#include "actors/interfaces.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace troupe::actors {

/// A node that can be reached.
struct reachable_peer {
  storage::incarnation_t incarnation = 0;
  link_actor link;
  std::shared_ptr<page_turns> pages;
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
  relay_address(const reachable_peer& there, std::string room, storage::term_t term)
    : there_(there.link), pages_(there.pages), room_(std::move(room)), term_(term) {}

  void tell(from_room::news what) const;

  /// Calls `read` with the address to tell the page to: at once for a relay here, otherwise when the link is ready for
  /// it; never when that link ends before. False when too many wait for that and `may_be_refused`.
  bool when_it_takes_pages(std::function<void(const relay_address&)> read, bool may_be_refused = true) const;

private:
  relay_actor here_;
  link_actor there_;
  std::shared_ptr<page_turns> pages_;
  page_turns::turn turn_;
  std::string room_;
  storage::term_t term_ = 0;
};

} // namespace troupe::actors
