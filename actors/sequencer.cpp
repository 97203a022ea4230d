#include "actors/sequencer.hpp"

#include "protocol/chain.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

namespace {

constexpr std::size_t run_bytes_max = 1024 * 1024;

bool names_target(std::string_view kind) { return kind == "edit" || kind == "delete" || kind == "reaction"; }

} // namespace

protocol::server::error refusal(code what, std::string message, retry next, std::optional<std::uint32_t> after_ms) {
  protocol::server::error e;
  e.code = what;
  e.message = std::move(message);
  e.retry = next;
  e.after_ms = after_ms;
  return e;
}

sequencer::sequencer(rules how, sequencer_state start)
  : rules_(std::move(how)), state_(std::move(start)), roles_(rules_.roles, std::exchange(state_.roles, {})) {
  reindex();
}

sequencer_state sequencer::snapshot() const {
  auto all = state_;
  all.roles = roles_.state();
  return all;
}

void sequencer::reindex() {
  waiting_.clear();
  for (const auto& q : state_.queue)
    waits(q.what);
  for (const auto& q : state_.committing)
    waits(q.what);
}

void sequencer::waits(const to_room::submit& what) { waiting_.insert(hash_of(name_of(what))); }

void sequencer::waits_no_more(const to_room::submit& what) {
  if (const auto one = waiting_.find(hash_of(name_of(what))); one != waiting_.end())
    waiting_.erase(one);
}

// -- a send comes in -----------------------------------------------------------------

void sequencer::submit(to_room::submit what, time_ms now, room_effects& out) {
  const attempt who{what.relay, what.connection};
  if (const auto* seen = state_.recent.find(name_of(what))) {
    const auto& first = *seen;
    if (!first.deleted && protocol::body_digest(first.salt, what.body) != first.digest) {
      auto why =
        refusal(code::conflict, "this cid was used for another body: make a new cid for a new message", retry::never);
      why.seq = first.seq;
      return refuse({std::move(what), {}}, why, out);
    }
    return answer_repeated(who, first, what.user, what.cid, out);
  }
  if (waiting_.contains(hash_of(name_of(what)))) {
    const auto same = [&](const queued_send& q) { return q.what.user == what.user && q.what.cid == what.cid; };
    auto join = [&](auto& sends) {
      auto i = std::find_if(sends.begin(), sends.end(), same);
      if (i == sends.end())
        return false;
      if (i->what.body != what.body)
        refuse({std::move(what), {}},
               refusal(code::conflict, "this cid is on its way with another body: make a new cid for a new message",
                       retry::never),
               out);
      else if (attempt{i->what.relay, i->what.connection} != who &&
               std::find(i->also.begin(), i->also.end(), who) == i->also.end())
        i->also.push_back(who);
      return true;
    };
    if (join(state_.committing) || join(state_.queue))
      return;
  }
  const auto cid_time = protocol::ulid_time(what.cid).value_or(0);
  if (cid_time < std::max(state_.floor, state_.time - rules_.cid_floor_ms))
    return refuse({std::move(what), {}},
                  refusal(code::conflict,
                          "this cid is older than the room remembers: it is not known whether it was ever stored, look "
                          "into the history before you send it anew",
                          retry::never),
                  out);
  if (cid_time > std::max(state_.time, now) + protocol::limits::cid_ahead_ms_max)
    return refuse({std::move(what), {}},
                  refusal(code::bad_request,
                          "this cid lies more than a day ahead: make it from the time in welcome, and send it anew",
                          retry::never),
                  out);
  if (state_.queue.size() >= rules_.mailbox_max)
    return refuse(
      {std::move(what), {}},
      refusal(code::overloaded, "too many sends wait in this room: send it again a little later", retry::after, 500),
      out);
  waits(what);
  state_.queue.push_back({std::move(what), {}});
  advance(now, out);
}

void sequencer::is_founded_by(const std::string& user, time_ms now, room_effects& out) {
  roles_.founded_by(user);
  moderation_order order;
  order.action = protocol::moderation::role;
  order.user = user;
  order.role = protocol::role::owner;
  queued_send event;
  event.what.user = user;
  event.what.kind = system_kind;
  event.what.body = body_of(order, user);
  state_.queue.push_back(std::move(event));
  advance(now, out);
}

// -- numbering ------------------------------------------------------------------------

void sequencer::advance(time_ms now, room_effects& out) {
  if (state_.rebuilding || !state_.run.empty())
    return;
  std::size_t bytes = 0;
  while (!state_.queue.empty() && state_.run.size() < state_.run_max && bytes < run_bytes_max) {
    auto& next = state_.queue.front();
    if (!state_.run.empty() && (next.what.kind == system_kind || state_.run.back().kind == system_kind))
      break; // What comes behind it is judged when it is stored.
    if (names_target(next.what.kind) && !target_known(next.what.target)) {
      if (state_.looking_for == 0) {
        state_.looking_for = next.what.target;
        out.emplace_back(room_does::look_up{next.what.target});
      }
      break;
    }
    bytes += next.what.body.size();
    auto send = std::move(next);
    state_.queue.pop_front();
    number(std::move(send), now, out);
  }
  if (state_.run.empty())
    return;
  storage::role_change change;
  if (state_.run.front().kind == system_kind)
    if (const auto order = read_order(state_.run.front().body))
      change = roles_.change_by(*order, state_.run.front().time);
  out.emplace_back(room_does::commit{state_.epoch, state_.run, std::move(change)});
}

bool sequencer::number(queued_send send, time_ms now, room_effects& out) {
  const auto& what = send.what;
  const bool first = state_.run.empty();
  const auto time = std::max(now, first ? state_.time : state_.run.back().time);
  if (auto why = judge(what, time)) {
    waits_no_more(what);
    refuse(send, *why, out);
    return false;
  }
  storage::record r;
  r.seq = (first ? state_.head : state_.run.back().seq) + 1;
  r.time = time;
  r.user = what.user;
  r.cid = what.cid;
  r.kind = what.kind;
  r.body = what.body;
  r.salt = what.salt;
  r.digest = protocol::body_digest(r.salt, r.body);
  r.reply_to = what.reply_to;
  r.target = what.target;
  r.chain = protocol::chain_next(first ? state_.chain : state_.run.back().chain,
                                 {r.seq, r.time, r.user, r.cid, r.kind, r.reply_to, r.target, r.digest});
  state_.run.push_back(std::move(r));
  state_.committing.push_back(std::move(send));
  return true;
}

bool sequencer::target_known(seq_t seq) const {
  if (seq == 0 || seq > state_.head || find_target(seq))
    return true;
  return std::find(state_.missing.begin(), state_.missing.end(), seq) != state_.missing.end();
}

const recent_message* sequencer::find_target(seq_t seq) const {
  if (const auto* recent = state_.recent.find(seq))
    return recent;
  for (const auto& t : state_.targets)
    if (t.seq == seq)
      return &t;
  return nullptr;
}

/// Why this send cannot be stored, now that everything before it is numbered.
std::optional<protocol::server::error> sequencer::judge(const to_room::submit& what, time_ms now) const {
  if (auto why = roles_.judge(what, now, state_.run))
    return why;
  if (what.reply_to > state_.head)
    return refusal(code::bad_request, "reply_to names a message that does not exist: use the seq of an earlier one",
                   retry::never);
  if (!names_target(what.kind))
    return std::nullopt;
  return judge_target(what, now);
}

std::optional<protocol::server::error> sequencer::judge_target(const to_room::submit& what, time_ms now) const {
  const auto* target = what.target == 0 || what.target > state_.head ? nullptr : find_target(what.target);
  if (!target)
    return refusal(code::not_found, "target names no message of this room that is still held", retry::never);
  for (const auto& before : state_.run)
    if (before.kind == "delete" && before.target == what.target)
      return refusal(code::not_found, "target was deleted", retry::never);
  if (target->deleted)
    return refusal(code::not_found, "target was deleted", retry::never);
  const bool message = target->kind == "text" || target->kind.starts_with("x-");
  if (what.kind == "reaction")
    return message ? std::nullopt
                   : std::optional{refusal(code::bad_request, "one can react to messages only", retry::never)};
  if (what.kind == "edit" && !message)
    return refusal(code::bad_request, "only messages can be edited", retry::never);
  if (what.kind == "delete" && !message && target->kind != "reaction")
    return refusal(code::bad_request, "only messages and reactions can be deleted", retry::never);
  if (target->user != what.user &&
      (what.kind != "delete" || !roles_.outranks(what.user, what.granted, target->user, now)))
    return refusal(code::forbidden, "only its author may change a message, and a moderator delete a member's",
                   retry::never);
  return std::nullopt;
}

void sequencer::found(seq_t seq, const storage::find_result& result, time_ms now, room_effects& out) {
  if (seq != state_.looking_for)
    return;
  state_.looking_for = 0;
  constexpr std::size_t looked_up_max = 64;
  if (result.status == storage::status::ok) {
    if (state_.targets.size() >= looked_up_max)
      state_.targets.erase(state_.targets.begin());
    state_.targets.push_back(recent_of(result.message));
  } else if (result.status == storage::status::not_found) {
    if (state_.missing.size() >= looked_up_max)
      state_.missing.erase(state_.missing.begin());
    state_.missing.push_back(seq);
  } else {
    refuse_unread(seq, out);
  }
  advance(now, out);
}

/// The log did not say whether it holds the target: neither is remembered.
void sequencer::refuse_unread(seq_t target, room_effects& out) {
  const auto names_it = [&](const queued_send& q) { return names_target(q.what.kind) && q.what.target == target; };
  const auto waits = std::find_if(state_.queue.begin(), state_.queue.end(), names_it);
  if (waits == state_.queue.end())
    return;
  const auto send = std::move(*waits);
  state_.queue.erase(waits);
  waits_no_more(send.what);
  refuse(send, refusal(code::store_unavailable, "target cannot be read now: send it again", retry::same), out);
}

// -- bookkeeping ------------------------------------------------------------------------

void sequencer::remember(const storage::record& stored) {
  if (stored.kind == "delete") {
    const auto erase = [&](recent_message& m) {
      if (m.seq == stored.target || (m.kind == "edit" && m.target == stored.target)) {
        m.deleted = true;
        m.salt = {};
      }
    };
    state_.recent.for_each(erase);
    std::for_each(state_.targets.begin(), state_.targets.end(), erase);
  }
  roles_.stored(stored);
  state_.recent.add(recent_of(stored));
  state_.head = stored.seq;
  state_.time = stored.time;
  state_.chain = stored.chain;
}

void sequencer::publish(std::vector<storage::record> records, room_effects& out) const {
  if (!records.empty())
    out.emplace_back(
      room_does::tell{"", from_room::published{state_.epoch, rules_.durable, std::move(records), false}});
}

void sequencer::answer_repeated(const attempt& who, const recent_message& first, std::string_view user,
                                std::string_view cid, room_effects& out) const {
  if (cid.empty()) // The room's own: nobody waits for it.
    return;
  protocol::server::ack ack;
  ack.room = rules_.room;
  ack.cid = std::string{cid};
  ack.epoch = state_.epoch;
  ack.seq = first.seq;
  ack.time = first.time;
  if (!first.deleted && first.salt != storage::salt_bytes{})
    ack.salt = protocol::to_hex(first.salt);
  if (first.chain != storage::digest_bytes{})
    ack.chain = protocol::to_hex(first.chain);
  ack.dup = true;
  ack.durable = rules_.durable;
  out.emplace_back(
    room_does::tell{who.relay, from_room::repeated{who.connection, std::string{user}, std::string{cid}, ack}});
}

void sequencer::refuse(const queued_send& send, const protocol::server::error& why, room_effects& out) const {
  if (send.what.cid.empty()) // The room's own: nobody waits for it.
    return;
  auto tell = [&](const std::string& relay, connection_id connection) {
    auto e = why;
    e.cid = send.what.cid;
    out.emplace_back(
      room_does::tell{relay, from_room::refused{connection, send.what.user, send.what.cid, std::move(e)}});
  };
  tell(send.what.relay, send.what.connection);
  for (const auto& other : send.also)
    tell(other.relay, other.connection);
}

void sequencer::refuse_all(const protocol::server::error& why, room_effects& out) {
  for (const auto& q : state_.committing)
    refuse(q, why, out);
  for (const auto& q : state_.queue)
    refuse(q, why, out);
  roles_.not_founded();
  state_.committing.clear();
  state_.run.clear();
  state_.queue.clear();
  waiting_.clear();
}

void sequencer::raise_floor(time_ms floor) { state_.floor = std::max(state_.floor, floor); }

void sequencer::raise_min(seq_t min) { state_.min = std::max(state_.min, min); }

} // namespace troupe::actors
