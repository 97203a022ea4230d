#include "actors/room_core.hpp"

#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;
namespace limits = protocol::limits;

namespace {

constexpr std::int64_t reopen_after_ms = 500;
constexpr std::int64_t prune_interval_ms = 10 * 60 * 1'000;

/// Nobody says it again: without it the room would have ghosts, or a relay that waits for ever.
bool tells_who_is_there(const to_room::command& what) {
  return std::holds_alternative<to_room::attach>(what) || std::holds_alternative<to_room::detach>(what) ||
         std::holds_alternative<to_room::lost>(what) || std::holds_alternative<to_room::leave>(what);
}

} // namespace

room_core::room_core(room_snapshot start, config::room_policy policy, std::uint32_t mailbox_max)
  : policy_(std::move(policy)), mailbox_max_(mailbox_max), state_(std::move(start)),
    sequencer_({state_.room,
                policy_.durability,
                mailbox_max,
                policy_.cid_floor_ms,
                {state_.room.starts_with("dm:"), policy_.default_role, policy_.slow_mode_ms}},
               std::move(state_.sequence)),
    occupancy_(policy_.presence_grace_ms, policy_.presence_users_max, std::move(state_.present)) {
  for (const auto& [name, relay] : state_.relays)
    members_ += relay.members.size();
}

room_snapshot room_core::snapshot() const {
  auto all = state_;
  all.sequence = sequencer_.snapshot();
  all.present = occupancy_.state();
  return all;
}

room_effects room_core::apply(to_room::command what, time_ms now) {
  room_effects out;
  const bool before_open =
    !ready() && !std::holds_alternative<to_room::opened>(what) && !std::holds_alternative<to_room::wake>(what);
  if (before_open) {
    if (state_.waiting.empty() && state_.reopen_at == 0 && state_.idle_since == 0) {
      state_.idle_since = now;
      out.emplace_back(room_does::open{sequencer::recent_max});
    }
    if (state_.waiting.size() < mailbox_max_ || tells_who_is_there(what))
      state_.waiting.push_back(std::move(what));
    else
      turn_away(what, refusal(code::overloaded, "the room is not open yet: try again", retry::after, 1'000), out);
    return out;
  }
  std::visit([&](auto& command) { on(command, now, out); }, what);
  if (state_.belonging.size() < 2)
    belong_before_commit(out);
  pass_time(now, out);
  return out;
}

// -- relays -----------------------------------------------------------------------------

void room_core::on(to_room::attach& what, time_ms now, room_effects& out) {
  auto& relay = state_.relays[what.relay];
  const auto before = what.further ? decltype(relay.members){} : std::exchange(relay.members, {});
  if (!what.epoch.empty() && !what.members.empty())
    occupancy_.rebuild(now);
  const bool goes_on = what.epoch == sequencer_.state().epoch; // Else they join anew, and hear of it by that.
  for (auto& member : what.members) {
    if (turned_away(member.user, member.granted, now)) {
      const auto role = sequencer_.roles().role_of(member.user, member.granted, now);
      if (goes_on) // It happened while the room was away, or the word about it was lost.
        out.emplace_back(room_does::tell{
          what.relay, from_room::expelled{member.user, 0, role == protocol::role::banned ? "banned" : "kicked"}});
      continue;
    }
    const bool added = relay.members.emplace(member.connection, member.user).second;
    if (added && !before.count(member.connection)) {
      ++members_;
      occupancy_.enter(member.user, now);
    }
  }
  for (const auto& [connection, user] : before)
    if (!relay.members.count(connection)) {
      --members_;
      occupancy_.leave(user, "timeout", now);
    }
  if (what.further)
    return;
  const auto& log = sequencer_.state();
  out.emplace_back(room_does::tell{what.relay, from_room::attached{log.epoch, log.head}});
  if (what.epoch == log.epoch && what.last < log.head)
    out.emplace_back(room_does::read_for_refill{what.relay, log.epoch, what.last, log.head});
}

void room_core::on(to_room::detach& what, time_ms now, room_effects&) { drop_relay(what.relay, "timeout", now); }

void room_core::on(to_room::lost& what, time_ms now, room_effects&) { drop_relay(what.relay, "node_lost", now); }

void room_core::drop_relay(const std::string& relay, const std::string& why, time_ms now) {
  const auto i = state_.relays.find(relay);
  if (i == state_.relays.end())
    return;
  for (const auto& [connection, user] : i->second.members) {
    --members_;
    occupancy_.leave(user, why, now);
  }
  state_.relays.erase(i);
}

void room_core::on(to_room::refill& what, time_ms, room_effects& out) {
  const auto& log = sequencer_.state();
  if (what.last < log.head)
    out.emplace_back(room_does::read_for_refill{what.relay, log.epoch, what.last, log.head});
}

// -- messages ---------------------------------------------------------------------------

void room_core::on(to_room::submit& what, time_ms now, room_effects& out) {
  if (auto why = turned_away(what.user, what.granted, now)) {
    why->cid = what.cid;
    out.emplace_back(room_does::tell{what.relay, from_room::refused{what.connection, what.user, what.cid, *why}});
    return;
  }
  if (!awaits_creation(what, out))
    sequencer_.submit(std::move(what), now, out);
}

/// A room that was never used comes into being at the expense of whoever uses it first. They wait for the answer.
template <class Command>
bool room_core::awaits_creation(Command& what, room_effects& out) {
  if (!state_.asks_creation || !never_used() || !sequencer_.idle())
    return false;
  if (state_.creating.empty())
    out.emplace_back(room_does::ask_creation{what.user});
  state_.creating.emplace_back(std::move(what));
  return true;
}

template bool room_core::awaits_creation(to_room::join&, room_effects&);

void room_core::on(to_room::creation& what, time_ms now, room_effects& out) {
  state_.asks_creation = what.after_ms > 0;
  const auto why = refusal(code::rate_limited, "you have made too many new rooms: wait, or use one that is there",
                           retry::after, what.after_ms);
  for (auto& command : std::exchange(state_.creating, {})) {
    auto* const join = std::get_if<to_room::join>(&command);
    auto* const send = std::get_if<to_room::submit>(&command);
    if (what.after_ms > 0 && join && join->user == what.user) {
      answer_error(join->relay, join->connection, join->re, why, out);
    } else if (what.after_ms > 0 && send && send->user == what.user) {
      auto refused = why;
      refused.cid = send->cid;
      out.emplace_back(
        room_does::tell{send->relay, from_room::refused{send->connection, send->user, send->cid, std::move(refused)}});
    } else {
      std::visit([&](auto& waited) { on(waited, now, out); }, command);
    }
  }
}

void room_core::on(to_room::appended& what, time_ms now, room_effects& out) {
  committed(sequencer_.appended(std::move(what.result), what.run_max, now, out), now, out);
}

void room_core::on(to_room::found& what, time_ms now, room_effects& out) {
  sequencer_.found(what.seq, what.result, now, out);
}

void room_core::on(to_room::opened& what, time_ms now, room_effects& out) {
  if (what.result.status == storage::status::fenced) {
    out.emplace_back(room_does::retire{});
    return;
  }
  const bool first = !ready();
  std::vector<storage::record> surprises;
  if (!sequencer_.opened(what.result, now, out, surprises)) {
    state_.reopen_at = now + reopen_after_ms;
    turn_away_waiting(out);
    return;
  }
  state_.reopen_at = 0;
  if (first) {
    occupancy_.start(now);
    for (auto& row : what.result.head.members)
      state_.belonging.try_emplace(std::move(row.user), storage::standing{std::move(row.role), row.read, row.recv});
    state_.prune_at = now + prune_interval_ms;
    for (auto& command : std::exchange(state_.waiting, {}))
      std::visit([&](auto& waited) { on(waited, now, out); }, command);
  }
  committed(surprises, now, out);
}

/// The log cannot be read: whoever waits for an answer gets one; who came and went is kept.
void room_core::turn_away_waiting(room_effects& out) {
  const auto why = refusal(code::store_unavailable, "the log does not answer: try again", retry::same);
  std::erase_if(state_.waiting, [&](const to_room::command& waiting) { return turn_away(waiting, why, out); });
}

/// False when nobody waits for an answer to it.
bool room_core::turn_away(const to_room::command& what, const protocol::server::error& why, room_effects& out) const {
  if (const auto* send = std::get_if<to_room::submit>(&what)) {
    auto refused = why;
    refused.cid = send->cid;
    out.emplace_back(
      room_does::tell{send->relay, from_room::refused{send->connection, send->user, send->cid, std::move(refused)}});
  } else if (const auto* join = std::get_if<to_room::join>(&what)) {
    answer_error(join->relay, join->connection, join->re, why, out);
  } else if (const auto* fetch = std::get_if<to_room::fetch>(&what)) {
    answer_error(fetch->relay, fetch->connection, fetch->re, why, out);
  } else if (const auto* who = std::get_if<to_room::who>(&what); who && who->re) {
    answer_error(who->relay, who->connection, who->re, why, out);
  } else {
    return false;
  }
  return true;
}

void room_core::committed(const std::vector<storage::record>& records, time_ms now, room_effects& out) {
  if (records.empty())
    return;
  if (policy_.durability == protocol::durability::memory && sequencer_.state().head > policy_.ring_count)
    sequencer_.raise_min(sequencer_.state().head - policy_.ring_count + 1);
  for (const auto& r : records)
    if (r.kind == system_kind)
      moderated(r, now, out);
  state_.notify_from = records.back().user;
  notify(now, out);
}

// -- time -------------------------------------------------------------------------------------

void room_core::on(to_room::wake&, time_ms now, room_effects& out) {
  state_.woken_at = 0;
  if (state_.reopen_at != 0 && state_.reopen_at <= now) {
    state_.reopen_at = 0;
    out.emplace_back(room_does::open{sequencer::recent_max});
  }
}

void room_core::pass_time(time_ms now, room_effects& out) {
  if (ready()) {
    occupancy_.pass(now, out, state_.room);
    flush_marks(now, out);
    notify(now, out);
    prune_if_due(now, out);
    const bool in_use = !state_.relays.empty() || !sequencer_.idle() || !occupancy_.state().users.empty();
    // What a room in memory holds is gone when it leaves; it stays as long as it has messages.
    const bool keeps = policy_.durability == protocol::durability::memory && sequencer_.state().head > 0;
    if (in_use || keeps)
      state_.idle_since = now;
    else if (now >= state_.idle_since + policy_.passivate_after_ms) {
      state_.idle_since = now; // Asked once; should it be let stay, it asks again after as long.
      out.emplace_back(room_does::passivate{});
    }
  }
  ask_for_wake(now, out);
}

void room_core::prune_if_due(time_ms now, room_effects& out) {
  if (policy_.durability == protocol::durability::memory || state_.pruning)
    return;
  const auto& log = sequencer_.state();
  const auto held = log.head + 1 - log.min;
  const auto slack = std::max<std::uint64_t>(64, policy_.history_count / 10);
  const bool too_many = policy_.history_count > 0 && log.head >= log.min && held > policy_.history_count + slack;
  if (!too_many && now < state_.prune_at)
    return;
  state_.prune_at = now + prune_interval_ms;
  if (log.head == 0)
    return;
  state_.pruning = true;
  sequencer_.raise_floor(std::max(log.time, now) - policy_.cid_floor_ms);
  out.emplace_back(room_does::prune{policy_.history_count,
                                    policy_.history_age_s > 0 ? now - policy_.history_age_s * 1'000 : 0, log.floor});
}

void room_core::on(to_room::pruned& what, time_ms, room_effects&) {
  state_.pruning = false;
  if (what.result.status == storage::status::ok)
    sequencer_.raise_min(what.result.min);
}

time_ms room_core::next_deadline() const {
  time_ms soonest = 0;
  const auto consider = [&](time_ms t) {
    if (t != 0 && (soonest == 0 || t < soonest))
      soonest = t;
  };
  consider(occupancy_.next());
  consider(state_.marks_at);
  consider(state_.reopen_at);
  if (!state_.notify_from.empty())
    consider(state_.last_notified + limits::activity_interval_ms);
  if (ready() && policy_.durability != protocol::durability::memory)
    consider(state_.prune_at);
  if (ready() && state_.relays.empty())
    consider(state_.idle_since + policy_.passivate_after_ms);
  return soonest;
}

void room_core::ask_for_wake(time_ms now, room_effects& out) {
  const auto next = next_deadline();
  if (next == 0 || (state_.woken_at != 0 && state_.woken_at <= next))
    return;
  state_.woken_at = std::max(next, now + 1);
  out.emplace_back(room_does::wake_at{state_.woken_at});
}

// -- answers ------------------------------------------------------------------------------------

void room_core::answer(const std::string& relay, connection_id connection, decltype(from_room::answered::answer) what,
                       room_effects& out) const {
  out.emplace_back(room_does::tell{relay, from_room::answered{connection, std::move(what)}});
}

void room_core::answer_error(const std::string& relay, connection_id connection, std::optional<request_id> re,
                             protocol::server::error why, room_effects& out) const {
  why.re = re;
  answer(relay, connection, std::move(why), out);
}

} // namespace troupe::actors
