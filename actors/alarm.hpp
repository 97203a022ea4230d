// actors/alarm.hpp
#pragma once

#include "actors/interfaces.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::actors {

/// The one next time an actor wants to be woken at. Setting it again replaces it; a message
/// of the one before rings in vain.
///
/// A message that was given to the clock stays there until its time has come. Who wakes often and between that wants
/// the same far time again, as a room does that is pruned every ten minutes, gives it to the clock once.
class alarm {
public:
  template <class Actor>
  void set(Actor& self, time_ms at, time_ms now) {
    wanted_ = at;
    if (at == furthest_)
      return;
    furthest_ = std::max(furthest_, at);
    self.delayed_send(&self, std::chrono::milliseconds(std::max<time_ms>(0, at - now)), alarm_rang{at});
  }

  /// True when this is the one that was wanted.
  bool rang(const alarm_rang& what) noexcept {
    if (what.at == furthest_)
      furthest_ = 0;
    if (what.at != wanted_)
      return false;
    wanted_ = 0;
    return true;
  }

private:
  time_ms wanted_ = 0;
  time_ms furthest_ = 0; ///< Of those that the clock has.
};

} // namespace troupe::actors
