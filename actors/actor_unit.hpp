// actors/actor_unit.hpp
//
// Where an actor lives, and by whose time it is woken.
#pragma once

#include "actors/caf.hpp"

#include <cstdint>

namespace troupe::actors {

/// Asked for by the actor itself, with the time it was for: a stale one is ignored.
struct alarm_rang {
  std::int64_t at = 0;
};

/// An I/O thread in the server, a seeded queue in the simulation.
class actor_unit : public caf::execution_unit {
public:
  using caf::execution_unit::execution_unit;

  /// Sends `what` to `whom`, an actor of this unit, after `delay_ms` or a little later, if it lives by then.
  ///
  /// Threading: this unit's. By default the clock of the actor system tells the time.
  virtual void remind(const caf::strong_actor_ptr& whom, std::int64_t delay_ms, alarm_rang what);
};

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::alarm_rang)
