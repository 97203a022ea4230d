#include "actors/cluster/contact.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

bool contact::lapse(time_ms now) {
  if (now < deadline)
    return false;
  renewed = false;
  look_renewed = false;
  return !std::exchange(lapsed, true);
}

bool contact::take_due_beat(const ownership_options& options, time_ms now) {
  if (beating || now < beat_due)
    return false;
  beating = true;
  beat_due = now + options.heartbeat_ms;
  return true;
}

time_ms contact::look_due(const ownership_options& options) const {
  const auto gap = look_sent + options.look_gap_ms;
  return look_wanted ? gap : std::max(gap, std::min(look_not_after, look_sent + options.look_ms));
}

bool contact::take_due_look(const ownership_options& options, time_ms now) {
  if (looking || now < look_due(options))
    return false;
  looking = true;
  look_wanted = false;
  look_sent = now;
  look_renewed = renewed;
  look_not_after = now + options.look_ms;
  return true;
}

void contact::beaten(const ownership_options& options, time_ms sent, bool ok, time_ms now) {
  beating = false;
  if (!ok)
    return;
  deadline = std::max(deadline, sent + options.ttl_ms - options.margin_ms);
  if (lapsed && now < deadline && !renewed) {
    renewed = true;
    look_wanted = true;
  }
}

bool contact::looked(bool ok, time_ms now) {
  looking = false;
  if (!ok || !lapsed || !look_renewed || now >= deadline)
    return false;
  lapsed = renewed = false;
  return true;
}

} // namespace troupe::actors
