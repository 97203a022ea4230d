#include "actors/cluster/judgement.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

void judgement::lost_touch() {
  for (auto& [incarnation, w] : others)
    w = {.beat = w.beat, .warned = w.warned};
}

void judgement::saw(const storage::cluster_seen& what, storage::incarnation_t self, time_ms ttl_ms, time_ms sent,
                    time_ms now) {
  std::erase_if(others, [&](const auto& o) {
    return std::none_of(what.nodes.begin(), what.nodes.end(),
                        [&](const auto& n) { return n.row.incarnation == o.first; });
  });
  for (const auto& n : what.nodes) {
    if (n.row.incarnation == self)
      continue;
    auto& w = others[n.row.incarnation];
    if (!w.since || w.beat != n.beat)
      w = {.beat = n.beat, .since = now, .warned = w.warned && w.beat == n.beat};
    else if (sent - *w.since >= ttl_ms)
      w.expired = true;
  }
}

bool judgement::living(const storage::node_seen& who) const {
  const auto w = others.find(who.row.incarnation);
  return !who.gone && (w == others.end() || !w->second.expired);
}

bool judgement::dead(const storage::node_seen& who) const {
  const auto w = others.find(who.row.incarnation);
  return who.gone || (w != others.end() && w->second.expired && w->second.killed == kill::done);
}

bool judgement::take_due_kill(const storage::node_seen& who, time_ms now) {
  const auto found = others.find(who.row.incarnation);
  if (who.gone || found == others.end() || !found->second.expired)
    return false;
  auto& w = found->second;
  if (w.killed != kill::none && (w.killed != kill::failed || now < w.kill_again))
    return false;
  w.killed = kill::asked;
  return true;
}

bool judgement::killed(storage::incarnation_t whom, bool dead, time_ms again) {
  const auto found = others.find(whom);
  if (found == others.end() || found->second.killed != kill::asked)
    return false;
  auto& w = found->second;
  w.killed = dead ? kill::done : kill::failed;
  w.kill_again = dead ? 0 : again;
  return !dead && !std::exchange(w.warned, true);
}

time_ms judgement::next_expiry(time_ms ttl_ms) const {
  auto next = never;
  for (const auto& [incarnation, w] : others)
    if (w.since && !w.expired)
      next = std::min(next, *w.since + ttl_ms);
  return next;
}

time_ms judgement::next_kill() const {
  auto next = never;
  for (const auto& [incarnation, w] : others)
    if (w.expired && w.killed == kill::failed)
      next = std::min(next, w.kill_again);
  return next;
}

} // namespace troupe::actors
