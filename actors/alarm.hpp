// actors/alarm.hpp
#pragma once

#include "actors/interfaces.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::actors {

/// The one next time an actor wants to be woken at. Setting it again replaces it; a message
/// of the one before rings in vain.
class alarm {
public:
  template <class Actor>
  void set(Actor& self, time_ms at, time_ms now) {
    wanted_ = at;
    self.delayed_send(&self, std::chrono::milliseconds(std::max<time_ms>(0, at - now)), alarm_rang{at});
  }

  /// True when this is the one that was wanted.
  bool rang(const alarm_rang& what) noexcept {
    if (what.at != wanted_)
      return false;
    wanted_ = 0;
    return true;
  }

private:
  time_ms wanted_ = 0;
};

} // namespace troupe::actors
