#include "actors/cluster/ownership_core.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::actors {

ownership_core::ownership_core(storage::node_row self, time_ms entered, ownership_options options) : options_(options) {
  state_.self = std::move(self);
  state_.touch.deadline = entered + options_.ttl_ms - options_.margin_ms;
  state_.touch.beat_due = entered + options_.heartbeat_ms;
  state_.touch.look_sent = entered - options_.look_gap_ms;
  state_.view.node = state_.self.node;
  state_.view.incarnation = state_.self.incarnation;
}

ownership_effects ownership_core::apply(to_ownership::command what, time_ms now) {
  ownership_effects out;
  if (state_.stopped)
    return out;
  if (state_.touch.lapse(now))
    lose_touch();
  std::visit([&](auto& command) { on(command, now, out); }, what);
  if (!state_.stopped) {
    act(now, out);
    if (state_.touch.take_due_beat(options_, now))
      out.emplace_back(ownership_does::beat{state_.draining});
    if (state_.touch.take_due_look(options_, now)) {
      if (state_.change == changing::unseen)
        state_.change = changing::being_seen;
      out.emplace_back(ownership_does::look{});
    }
    ask_for_wake(now, out);
  }
  return out;
}

// -- what it is told --------------------------------------------------------------

/// It may come a little too early, by another clock: then it is asked for again.
void ownership_core::on(to_ownership::wake&, time_ms, ownership_effects&) { state_.woken_at = 0; }

void ownership_core::on(to_ownership::beaten& what, time_ms now, ownership_effects&) {
  state_.touch.beaten(options_, what.sent, what.ok, now);
  if (!what.ok)
    lose_touch();
}

void ownership_core::on(to_ownership::looked& what, time_ms now, ownership_effects& out) {
  const bool again = state_.touch.looked(what.seen.has_value(), now);
  if (state_.change == changing::being_seen)
    state_.change = what.seen ? changing::none : changing::unseen;
  if (!what.seen)
    return lose_touch();
  if (!still_entered(*what.seen))
    return stop(out);
  state_.judged.saw(*what.seen, state_.self.incarnation, options_.ttl_ms, what.sent, now);
  state_.seen = std::move(what.seen);
  state_.touch.look_not_after = std::min(state_.touch.look_not_after, state_.judged.next_expiry(options_.ttl_ms));
  state_.spent.resize(state_.seen->shards.size());
  for (storage::shard_id shard = 0; shard < state_.spent.size(); ++shard) {
    const auto term = state_.seen->shards[shard].term;
    if (again && mine(shard))
      state_.spent[shard] = term; // Somebody may have found this node expired, and be about to take it.
    else if (state_.spent[shard] < term) {
      state_.spent[shard] = 0;
      state_.settles.erase(shard);
    }
  }
  plan(now);
  for (const auto& dead : plan_.forgotten)
    out.emplace_back(ownership_does::forget{dead});
}

void ownership_core::on(to_ownership::changed& what, time_ms now, ownership_effects& out) {
  if (state_.change != changing::at_store)
    return;
  state_.change = changing::unseen;
  const bool failed_before = std::exchange(state_.change_failed, !what.ok);
  if (what.ok) {
    state_.touch.look_wanted = true;
    out.emplace_back(ownership_does::tell_peers{});
    return;
  }
  state_.touch.look_not_after = std::min(state_.touch.look_not_after, now + options_.change_again_ms);
  if (!failed_before)
    out.emplace_back(ownership_does::warn{
      "the store did not let the owners of rooms be changed (is the disk full, or read-only, or held by a process that "
      "stands still?): rooms without an owner wait; it is tried again"});
}

void ownership_core::on(to_ownership::killed& what, time_ms now, ownership_effects& out) {
  if (state_.judged.killed(what.whom.incarnation, what.dead, now + options_.kill_again_ms))
    out.emplace_back(ownership_does::warn{
      "node " + what.whom.node + " has not renewed its heartbeat for " + std::to_string(options_.ttl_ms) +
      " ms and its process could not be ended: its shards stay without an owner until that is done"});
  if (state_.seen)
    plan(now);
}

void ownership_core::on(to_ownership::settled& what, time_ms, ownership_effects&) {
  if (const auto found = state_.settles.find(what.shard); found != state_.settles.end())
    found->second.settled = true;
}

void ownership_core::on(to_ownership::peer_up& what, time_ms, ownership_effects&) {
  state_.reachable[what.node] = what.incarnation;
  state_.touch.look_wanted = true;
}

void ownership_core::on(to_ownership::peer_down& what, time_ms, ownership_effects&) {
  if (const auto found = state_.reachable.find(what.node);
      found != state_.reachable.end() && found->second == what.incarnation)
    state_.reachable.erase(found);
  state_.touch.look_wanted = true;
}

void ownership_core::on(to_ownership::hint&, time_ms, ownership_effects&) { state_.touch.look_wanted = true; }

void ownership_core::on(to_ownership::drain&, time_ms now, ownership_effects&) {
  state_.draining = true;
  state_.touch.beat_due = now;
  if (state_.seen)
    plan(now);
}

// -- what it knows ----------------------------------------------------------------

void ownership_core::lose_touch() {
  state_.judged.lost_touch();
  if (state_.seen)
    plan_ = plan_of(*state_.seen, state_.judged, state_.self, state_.draining);
}

void ownership_core::plan(time_ms now) {
  plan_ = plan_of(*state_.seen, state_.judged, state_.self, state_.draining);
  if (plan_.living != state_.living) {
    state_.living = plan_.living;
    state_.living_since = now;
  }
}

bool ownership_core::still_entered(const storage::cluster_seen& seen) const {
  return std::any_of(seen.nodes.begin(), seen.nodes.end(), [&](const auto& n) {
    return n.row.node == state_.self.node && n.row.incarnation == state_.self.incarnation && !n.gone;
  });
}

void ownership_core::stop(ownership_effects& out) {
  state_.stopped = true;
  publish(out);
  out.emplace_back(ownership_does::stop{
    "node " + state_.self.node + " was taken for dead, or replaced by another process of this name, while it ran"});
}

bool ownership_core::mine(storage::shard_id shard) const {
  const auto& row = state_.seen->shards[shard];
  return row.term > 0 && row.owner == state_.self.node && row.incarnation == state_.self.incarnation;
}

const living_node* ownership_core::taker_of(storage::shard_id shard) const {
  const auto& wanted = plan_.wanted[shard];
  if (wanted.empty() || wanted == state_.self.node)
    return nullptr;
  const auto* taker = plan_.find(wanted);
  if (state_.draining || !taker)
    return taker;
  const auto up = state_.reachable.find(wanted);
  return up != state_.reachable.end() && up->second == taker->row.incarnation ? taker : nullptr;
}

// -- what it does -----------------------------------------------------------------

void ownership_core::act(time_ms now, ownership_effects& out) {
  if (!state_.seen)
    return;
  ownership_effects acts;
  if (serving()) {
    if (!state_.draining)
      kill_expired(now, acts);
    settle_some(now, acts);
    change_owners(now, acts);
  }
  publish(out); // Before anything that counts on a shard not being served any more.
  std::move(acts.begin(), acts.end(), std::back_inserter(out));
  say_drained(out);
}

void ownership_core::kill_expired(time_ms now, ownership_effects& out) {
  for (const auto& n : state_.seen->nodes)
    if (state_.judged.take_due_kill(n, now))
      out.emplace_back(ownership_does::kill{n.row});
}

void ownership_core::settle_some(time_ms now, ownership_effects& out) {
  std::size_t most = 0;
  if (state_.draining)
    most = options_.settling_max - std::min<std::size_t>(options_.settling_max, state_.settles.size());
  else if (now >= std::max(state_.living_since + options_.stable_ms, state_.moves_at))
    most = std::max(1U, options_.moves_per_s / std::max(1U, plan_.givers));
  for (storage::shard_id shard = 0; shard < state_.spent.size() && most > 0; ++shard) {
    if (!served(shard) || !taker_of(shard))
      continue;
    state_.spent[shard] = state_.seen->shards[shard].term;
    state_.settles[shard] = {now + options_.settle_ms_max, false};
    state_.moves_at = now + 1'000;
    out.emplace_back(ownership_does::settle{shard});
    --most;
  }
}

void ownership_core::change_owners(time_ms now, ownership_effects& out) {
  if (state_.change != changing::none)
    return;
  std::vector<storage::shard_change> what;
  const auto give = [&](storage::shard_id shard, const storage::node_row& whom) {
    what.push_back({shard, state_.seen->shards[shard].term, whom.node, whom.incarnation});
  };
  if (!state_.draining)
    for (const auto shard : plan_.orphans)
      if (plan_.wanted[shard] == state_.self.node)
        give(shard, state_.self);
  for (storage::shard_id shard = 0; shard < state_.spent.size(); ++shard) {
    if (!mine(shard) || served(shard))
      continue;
    const auto found = state_.settles.find(shard);
    const bool leaving = found != state_.settles.end();
    if (leaving && !found->second.settled && now < found->second.until)
      continue;
    if (const auto* taker = leaving || state_.draining ? taker_of(shard) : nullptr)
      give(shard, taker->row);
    else if (!state_.draining)
      give(shard, state_.self);
  }
  if (what.empty())
    return;
  state_.change = changing::at_store;
  out.emplace_back(ownership_does::change{std::move(what)});
}

void ownership_core::say_drained(ownership_effects& out) {
  if (!state_.draining || state_.drained || !serving() || state_.change != changing::none)
    return;
  for (storage::shard_id shard = 0; shard < state_.spent.size(); ++shard)
    if (mine(shard) && taker_of(shard))
      return;
  state_.drained = true;
  out.emplace_back(ownership_does::drained{});
}

void ownership_core::publish(ownership_effects& out) {
  auto next = state_.view;
  next.serving = serving();
  next.nodes = plan_.living;
  next.shards = state_.seen ? state_.seen->shards : std::vector<storage::shard_row>{};
  next.paused.clear();
  for (storage::shard_id shard = 0; shard < next.shards.size(); ++shard)
    if (mine(shard) && !served(shard))
      next.paused.push_back(shard);
  if (next == state_.view)
    return;
  ++next.version;
  state_.view = next;
  out.emplace_back(ownership_does::publish{std::make_shared<const cluster_view>(std::move(next))});
}

void ownership_core::ask_for_wake(time_ms now, ownership_effects& out) {
  const auto& touch = state_.touch;
  auto next = never;
  const auto at = [&](time_ms time) { // What is due and was not done waits for something else than time.
    if (time > now)
      next = std::min(next, time);
  };
  if (!touch.lapsed)
    at(touch.deadline);
  if (!touch.beating)
    at(touch.beat_due);
  if (!touch.looking)
    at(touch.look_due(options_));
  if (serving()) {
    if (!state_.draining) {
      at(state_.judged.next_kill());
      at(next_move());
    }
    for (const auto& [shard, s] : state_.settles)
      if (!s.settled)
        at(s.until);
  }
  if (next == never || next == state_.woken_at)
    return;
  state_.woken_at = next;
  out.emplace_back(ownership_does::wake_at{state_.woken_at});
}

time_ms ownership_core::next_move() const {
  for (storage::shard_id shard = 0; shard < state_.spent.size(); ++shard)
    if (served(shard) && taker_of(shard))
      return std::max(state_.living_since + options_.stable_ms, state_.moves_at);
  return never;
}

} // namespace troupe::actors
