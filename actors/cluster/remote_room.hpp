// actors/cluster/remote_room.hpp
#pragma once

#include "actors/cluster/peers.hpp"
#include "actors/unit_actor.hpp"

#include <string>

namespace troupe::actors {

/// ROOM, elsewhere: the local stand-in of a room that another node owns. Its relay talks to
/// it as to the room itself.
///
/// Ordering: everything goes over one link in the order it came, so each connection's order
///           is kept. What a broken link loses, the relay tells the room again.
class remote_room final : public unit_actor<room_actor> {
public:
  remote_room(caf::actor_config& config, actor_unit& unit, std::string name, storage::term_t term, link_actor link);

  const char* name() const override { return "troupe.remote_room"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  std::string room_;
  storage::term_t term_;
  link_actor link_;
};

} // namespace troupe::actors
