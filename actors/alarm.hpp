// actors/alarm.hpp
#pragma once

#include "actors/interfaces.hpp"

#include <algorithm>

namespace troupe::actors {

/// The one next time an actor wants to be woken at. Setting it again replaces it.
///
/// A message that was given to the clock of its unit cannot be taken back, and the clock holds its actor's memory until
/// then, whether the actor has ended or not. So the clock gets a message only when it has none that comes before, none
/// further away than `stride_ms`, and when that comes the next one, towards the time that is wanted by then. Who sets the
/// alarm often has one message there, not thousands, and who has ended is forgotten soon.
class alarm {
public:
  static constexpr time_ms stride_ms = 60'000;

  /// `at` and `now` are of the same clock, at more than 0.
  template <class Actor>
  void set(Actor& self, time_ms at, time_ms now) {
    wanted_ = at;
    if (given_ != 0 && given_ <= at)
      return;
    given_ = std::min(at, now + stride_ms);
    self.remind(std::max<time_ms>(0, given_ - now), alarm_rang{given_});
  }

  /// True when the time that was wanted has come. Otherwise the next message is on its way, or the one for an earlier
  /// time is.
  template <class Actor>
  bool rang(Actor& self, const alarm_rang& what, time_ms now) {
    if (what.at != given_)
      return false;
    given_ = 0;
    if (wanted_ == 0)
      return false;
    if (what.at != wanted_) {
      set(self, wanted_, now);
      return false;
    }
    wanted_ = 0;
    return true;
  }

private:
  time_ms wanted_ = 0; ///< 0: none.
  time_ms given_ = 0;  ///< To the clock, the earliest; 0: none.
};

} // namespace troupe::actors
