// Who is in a room, what they read and what they are told: the half of room_core that is not
// about messages and time.
#include "actors/room_core.hpp"

#include "protocol/described.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;
namespace limits = protocol::limits;

namespace {

constexpr std::int64_t marks_interval_ms = 200;

/// What becomes of a first join or of `forget` when the log did not take it.
protocol::server::error not_stored(storage::status why) {
  switch (why) {
  case storage::status::too_many_rooms:
    return refusal(code::overloaded, "you belong to too many rooms: leave one with forget", retry::never);
  case storage::status::full:
    return refusal(code::storage_full, "the server has no space to store that: try again later", retry::after, 5'000);
  case storage::status::overloaded:
    return refusal(code::overloaded, "the log has too much to write: try again a little later", retry::after, 1'000);
  default: return refusal(code::store_unavailable, "the log did not answer: try again", retry::same);
  }
}

} // namespace

// -- members ----------------------------------------------------------------------------

std::optional<protocol::server::error>
room_core::turned_away(const std::string& user, std::optional<protocol::role> granted, time_ms now) const {
  if (state_.room.starts_with("dm:")) {
    const auto users = protocol::direct_message_users(state_.room);
    if (!users || (users->first != user && users->second != user))
      return not_yours();
  }
  return sequencer_.roles().turned_away(user, granted, now);
}

bool room_core::never_used() const {
  return sequencer_.state().head == 0 && state_.belonging.empty() && sequencer_.roles().unused();
}

void room_core::on(to_room::join& what, time_ms now, room_effects& out) {
  const bool direct = state_.room.starts_with("dm:");
  const bool founds = policy_.creator_is_owner && !direct && never_used() && what.granted != protocol::role::banned;
  if (!founds)
    if (auto why = turned_away(what.user, what.granted, now))
      return answer_error(what.relay, what.connection, what.re, std::move(*why), out);
  if (!direct && awaits_creation(what, out))
    return;
  if (founds)
    sequencer_.is_founded_by(what.user, now, out);
  auto& relay = state_.relays[what.relay];
  if (!relay.members.count(what.connection)) {
    if (members_ >= policy_.members_max)
      return answer_error(what.relay, what.connection, what.re,
                          refusal(code::overloaded, "the room is full: try again later", retry::after, 10'000), out);
    relay.members.emplace(what.connection, what.user);
    ++members_;
    occupancy_.enter(what.user, now);
  }
  // Everybody else hears of it first, so that the version in `joined` covers it.
  occupancy_.pass(now, out, state_.room);
  const auto role = sequencer_.roles().role_of(what.user, what.granted, now);
  const auto first_role = sequencer_.roles().role_at_first(what.granted);
  admit(what, role, direct ? std::nullopt : belong(what.user, first_role), out);
}

/// The position is taken here; the history is read up to it afterwards.
void room_core::admit(const to_room::join& what, protocol::role role, std::optional<storage::member_row> belongs,
                      room_effects& out) {
  const auto& log = sequencer_.state();
  room_does::read_for_join read;
  read.relay = what.relay;
  read.belongs = std::move(belongs);
  read.skeleton.connection = what.connection;
  auto& answer = read.skeleton.answer;
  answer.re = what.re;
  answer.room = state_.room;
  answer.epoch = log.epoch;
  answer.head = log.head;
  answer.min = log.head == 0 ? 1 : log.min;
  answer.chain = protocol::to_hex(log.chain);
  if (what.presence)
    answer.presence = occupancy_.now_present();
  answer.me.role = protocol::name_of(role);

  auto& query = read.query;
  query.room = state_.room;
  query.limit = std::min<std::uint32_t>(what.limit.value_or(policy_.history_on_join), limits::page_messages_max);
  query.up_to = log.head;
  const bool same_log = !what.since || (what.since->epoch == log.epoch && what.since->seq <= log.head);
  const bool reachable = !what.since || what.since->seq + 1 >= answer.min;
  answer.recovered = same_log && reachable;
  if (what.since && answer.recovered) {
    query.after = what.since->seq;
    answer.more = what.since->seq < log.head;
  } else {
    query.before = log.head + 1;
    answer.more = log.head >= answer.min && log.head > 0;
  }
  out.emplace_back(std::move(read));
}

void room_core::on(to_room::leave& what, time_ms now, room_effects& out) {
  remove(what.relay, what.connection, what.gone ? "timeout" : "left", now);
  if (what.forget)
    return forget(what, now, out);
  if (what.re)
    answer(what.relay, what.connection, protocol::server::ok{*what.re}, out);
}

void room_core::remove(const std::string& relay, connection_id connection, std::string why, time_ms now) {
  const auto i = state_.relays.find(relay);
  if (i == state_.relays.end())
    return;
  const auto member = i->second.members.find(connection);
  if (member == i->second.members.end())
    return;
  --members_;
  occupancy_.leave(member->second, std::move(why), now);
  i->second.members.erase(member);
}

void room_core::on(to_room::not_belonging& what, time_ms now, room_effects& out) {
  if (what.why == storage::status::fenced) { // Nothing is answered: the relay asks the new owner.
    out.emplace_back(room_does::retire{});
    return;
  }
  if (!what.forget) {
    state_.belonging.erase(what.user);
    remove(what.relay, what.connection, "left", now);
  }
  answer_error(what.relay, what.connection, what.re, not_stored(what.why), out);
}

/// The row to store when the user did not belong before.
std::optional<storage::member_row> room_core::belong(const std::string& user, protocol::role role) {
  const auto [row, added] =
    state_.belonging.try_emplace(user, storage::standing{std::string{protocol::name_of(role)}, 0, 0});
  return added ? std::optional{storage::row_of(user, row->second)} : std::nullopt;
}

/// A direct message is in both inboxes when its first message is acked: the log keeps the order
/// of a room's writes, so the rows go before the run.
void room_core::belong_before_commit(room_effects& out) {
  const auto users = protocol::direct_message_users(state_.room);
  const auto commit = std::find_if(
    out.begin(), out.end(), [](const auto& effect) { return std::holds_alternative<room_does::commit>(effect); });
  if (!users || commit == out.end())
    return;
  room_effects rows;
  for (const auto user : {users->first, users->second})
    if (auto row = belong(std::string{user}, protocol::role::member))
      rows.emplace_back(room_does::save_member{std::move(*row), false, std::nullopt});
  out.insert(commit, std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

/// The row is taken away whether it is known here or not: an earlier attempt may have failed.
void room_core::forget(const to_room::leave& what, time_ms now, room_effects& out) {
  state_.belonging.erase(what.user);
  out.emplace_back(room_does::save_member{storage::row_of(what.user, {}), true, what});
  expel(what.user, "left", now, out, &what);
}

/// What an event of moderation does beside being one.
void room_core::moderated(const storage::record& event, time_ms now, room_effects& out) {
  const auto order = read_order(event.body);
  if (!order || order->user.empty())
    return;
  const auto change = sequencer_.roles().change_by(*order, event.time);
  if (change.ends_belonging) {
    // The row went with the event; one that was on its way meanwhile goes now.
    if (const auto row = state_.belonging.find(order->user); row != state_.belonging.end()) {
      out.emplace_back(room_does::save_member{storage::row_of(order->user, row->second), true, std::nullopt});
      state_.belonging.erase(row);
    }
    state_.marks_due.erase(order->user);
  }
  // Relays see kicks and bans in the stream, which they get without holes.
  if (order->action == protocol::moderation::kick || order->action == protocol::moderation::ban)
    drop_user(order->user, now);
  else if (change.ends_belonging)
    expel(order->user, "kicked", now, out);
}

void room_core::drop_user(const std::string& user, time_ms now) {
  for (auto& [name, relay] : state_.relays) {
    const auto gone = std::erase_if(relay.members, [&](const auto& m) { return m.second == user; });
    for (std::size_t i = 0; i < gone; ++i) {
      --members_;
      occupancy_.leave(user, "left", now);
    }
  }
}

/// Numbers of connections are those of their node: only there is the one meant who asked for it.
void room_core::expel(const std::string& user, const std::string& reason, time_ms now, room_effects& out,
                      const to_room::leave* asked) {
  drop_user(user, now);
  for (const auto& [name, relay] : state_.relays) {
    const auto except = asked && name == asked->relay ? asked->connection : 0;
    out.emplace_back(room_does::tell{name, from_room::expelled{user, except, reason}});
  }
}

bool room_core::holds(const std::string& relay, connection_id connection) const {
  const auto i = state_.relays.find(relay);
  return i != state_.relays.end() && i->second.members.count(connection) > 0;
}

// -- reading ------------------------------------------------------------------------------

void room_core::on(to_room::fetch& what, time_ms now, room_effects& out) {
  if (auto why = turned_away(what.user, what.granted, now))
    return answer_error(what.relay, what.connection, what.re, std::move(*why), out);
  storage::page_query query;
  query.room = state_.room;
  query.after = what.after;
  query.before = what.before;
  query.limit = std::clamp<std::uint32_t>(what.limit, 1, limits::page_messages_max);
  query.raw = what.raw;
  out.emplace_back(room_does::read_for_fetch{what.relay, what.connection, what.re, sequencer_.state().epoch, query});
}

void room_core::on(to_room::who& what, time_ms now, room_effects& out) {
  if (what.re)
    if (auto why = turned_away(what.user, what.granted, now))
      return answer_error(what.relay, what.connection, what.re, std::move(*why), out);
  auto all = occupancy_.snapshot(state_.room);
  all.re = what.re;
  answer(what.relay, what.connection, std::move(all), out);
  // Who asks has just joined or fell behind and lost pushes: marks come with the snapshot.
  protocol::server::marks marks;
  marks.room = state_.room;
  for (const auto& [user, row] : state_.belonging) {
    if (marks.marks.size() >= policy_.presence_users_max)
      break;
    if (row.read > 0 || row.recv > 0)
      marks.marks.push_back({user, row.read, row.recv});
  }
  answer(what.relay, what.connection, std::move(marks), out);
}

// -- volatile news --------------------------------------------------------------------------

void room_core::on(to_room::typing& what, time_ms now, room_effects& out) {
  const auto& roles = sequencer_.roles();
  if (!holds(what.relay, what.connection) || roles.muted(what.user, now) ||
      roles.role_of(what.user, what.granted, now) < protocol::role::member)
    return;
  constexpr std::size_t typists_max = 1'000;
  std::erase_if(state_.typed, [&](const auto& t) { return t.second + limits::typing_interval_ms <= now; });
  if (state_.typed.size() >= typists_max || !state_.typed.emplace(what.user, now).second)
    return;
  out.emplace_back(room_does::tell{"", from_room::typing_seen{what.user}});
}

void room_core::on(to_room::mark& what, time_ms now, room_effects&) {
  const auto row = state_.belonging.find(what.user);
  if (row == state_.belonging.end() || turned_away(what.user, what.granted, now))
    return;
  const auto head = sequencer_.state().head;
  auto& mark = row->second;
  const auto read = std::max(mark.read, std::min(what.read, head));
  const auto recv = std::max({mark.recv, std::min(what.recv, head), read});
  if (read == mark.read && recv == mark.recv)
    return;
  mark.read = read;
  mark.recv = recv;
  state_.marks_due[what.user] = {what.user, read, recv};
  if (state_.marks_at == 0)
    state_.marks_at = now + marks_interval_ms;
}

void room_core::flush_marks(time_ms now, room_effects& out) {
  if (state_.marks_at == 0 || state_.marks_at > now)
    return;
  state_.marks_at = 0;
  from_room::marks_changed changed;
  for (auto& [user, mark] : std::exchange(state_.marks_due, {})) {
    const auto row = state_.belonging.find(user);
    if (row != state_.belonging.end())
      out.emplace_back(room_does::save_member{storage::row_of(user, row->second), false, std::nullopt});
    changed.marks.push_back(mark);
  }
  out.emplace_back(room_does::tell{"", std::move(changed)});
}

/// At most one notice per `activity_interval_ms`; what came in between is covered by the next.
void room_core::notify(time_ms now, room_effects& out) {
  if (state_.notify_from.empty() || now < state_.last_notified + limits::activity_interval_ms)
    return;
  state_.last_notified = now;
  room_does::notify notice{sequencer_.state().head, std::exchange(state_.notify_from, {}), {}};
  notice.users.reserve(state_.belonging.size());
  for (const auto& [user, row] : state_.belonging)
    notice.users.push_back({user, {}});
  // Both are sorted by user; a member who does not belong is left out.
  for (const auto& [relay, of] : state_.relays) {
    std::map<std::string_view, std::uint32_t> joined;
    for (const auto& [connection, user] : of.members)
      ++joined[user];
    auto at = notice.users.begin();
    for (const auto& [user, connections] : joined) {
      at = std::find_if(at, notice.users.end(), [&](const auto& b) { return b.user >= user; });
      if (at != notice.users.end() && at->user == user)
        at->joined.push_back({relay, connections});
    }
  }
  out.emplace_back(std::move(notice));
}

} // namespace troupe::actors
