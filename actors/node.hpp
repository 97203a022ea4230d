// actors/node.hpp
#pragma once

#include "actors/connection.hpp"
#include "actors/services.hpp"

#include <memory>
#include <vector>

namespace troupe::actors {

/// The actors of one node: a fanout and a guardian per execution unit, and the door that
/// makes connections.
///
/// Lifetime: the services, the units and the logs outlive it. `stop` ends every room, relay
///           and user; connections end with their sockets, before it.
class node {
public:
  /// Fills `around.tables`, `fanouts` and `guardians` for `around.units`.
  explicit node(services& around);

  wire_acceptor& acceptor() noexcept { return door_; }
  class door& door() noexcept {
    return door_;
  }

  /// Tells all clients to come back within `within_ms`, each in its slot.
  void drain(std::uint32_t within_ms);

  /// Ends the actors; they are gone when the system's running count says so.
  void stop();

private:
  services& around_;
  class door door_;
};

} // namespace troupe::actors
