#include "actors/connection_core.hpp"

#include "actors/sequencer.hpp"
#include "identity/authenticator.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocol::close_code;
using protocol::code;
using protocol::retry;

namespace {

constexpr std::int64_t answer_within_ms = 15'000;

} // namespace

connection_core::connection_core(connection_id id, std::uint64_t address_hash, surroundings around, time_ms now)
  : around_(around), requester_{id,
                                address_hash,
                                {},
                                {around.options.rate_limit.requests_per_s, around.options.rate_limit.requests_burst,
                                 now},
                                {around.options.session.send_rate_per_s, around.options.session.send_burst, now}},
    now_(now), since_(now), last_received_(now) {}

std::vector<std::string> connection_core::rooms() const {
  std::vector<std::string> names;
  names.reserve(subscriptions_.size());
  for (const auto& [room, subscription] : subscriptions_)
    names.push_back(room);
  return names;
}

// -- the queue ------------------------------------------------------------------------------

void connection_core::push(shared_frame what, frame_class kind) {
  if (state_ == state::closed)
    return;
  if (outbound_.push(std::move(what), kind, around_.options.outbound) == queued::overflow)
    return give_up(close_code::slow_consumer, "too slow: reconnect and resume");
  around_.port.wake();
}

/// False when too much waits to be read.
bool connection_core::push_history(shared_frame what) {
  if (state_ == state::closed)
    return true;
  const bool taken = outbound_.push(std::move(what), frame_class::history, around_.options.outbound) == queued::taken;
  if (taken)
    around_.port.wake();
  return taken;
}

protocol::server::error connection_core::too_much_unread(request_id re) {
  auto why = refusal(code::rate_limited, "too much waits to be read on this connection: read on, then ask again",
                     retry::after, 200);
  why.re = re;
  return why;
}

/// What would find no space is not read.
bool connection_core::refused_for_the_unread(request_id re) {
  if (!outbound_.is_full_for(frame_class::history, around_.options.outbound))
    return false;
  auto why = too_much_unread(re);
  settle(re, {outcome::kind::refused, why.code});
  answer(why);
  return true;
}

/// Acks are never dropped. One that comes after its place in the stream says so: to the client it is
/// what a retry would have got.
void connection_core::push_ack(const subscription* of, const room_frame& what) {
  if (!of || !of->has_passed(what.seq))
    return push(what.frame, frame_class::answer);
  auto decoded = protocol::decode_server_json(what.frame->payload());
  auto& ack = std::get<protocol::server::ack>(std::get<protocol::push>(decoded));
  ack.dup = true;
  answer(ack);
}

void connection_core::give_up(close_code why, std::string_view reason) {
  if (state_ == state::closed)
    return;
  state_ = state::closed;
  if (why == close_code::slow_consumer)
    outbound_.clear();
  around_.port.close(why, reason);
}

void connection_core::refuse(std::optional<request_id> re, code what, std::string message, retry next,
                             std::optional<std::uint32_t> after_ms, std::optional<std::string> cid) {
  settle(re, {outcome::kind::refused, what});
  auto why = refusal(what, std::move(message), next, after_ms);
  why.re = re;
  why.cid = std::move(cid);
  answer(why);
}

// -- broadcasts -----------------------------------------------------------------------------

void connection_core::deliver(subscription& to, const room_frame& what) {
  if (!to.wanted(what.kind) || !to.pass(what) || state_ == state::closed)
    return;
  if (outbound_.push(what.frame, what.kind, around_.options.outbound) == queued::taken)
    return around_.port.wake();
  auto outcome = to.dropped(what);
  if (!outcome.gap)
    return;
  const auto mine =
    std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const auto& s) { return s.second.get() == &to; });
  if (mine != subscriptions_.end())
    carry_out(mine->first, to, std::move(outcome));
}

void connection_core::restart(const std::string& room, subscription& of) {
  carry_out(room, of, of.catching_failed());
  of.restart();
  for (auto& request : pending_)
    if (request.room == room)
      request.closes_gap = false; // The gap went with the old log.
}

void connection_core::deliver_ack(request_id re, subscription* to, const room_frame& what) {
  settle(re, {outcome::kind::ok, std::nullopt});
  if (inflight_ > 0)
    --inflight_;
  if (!to || to->pass(what))
    push_ack(to, what);
}

void connection_core::carry_out(const std::string& room, subscription& of, subscription::outcome what) {
  if (what.gap) {
    what.gap->room = room;
    answer(*what.gap);
  }
  for (const auto& f : what.send) {
    if (f.kind == frame_class::answer)
      push_ack(&of, f);
    else
      deliver(of, f);
  }
  if (what.resync)
    around_.port.tell_room(room, to_relay::ask{to_room::who{"", requester_.id, user(), std::nullopt}});
}

subscription* connection_core::find(const std::string& room) const {
  const auto i = subscriptions_.find(room);
  return i == subscriptions_.end() ? nullptr : i->second.get();
}

connection_core::pending_request* connection_core::find_pending(request_id re, question what) {
  for (auto& p : pending_)
    if (p.re == re && p.what == what && p.named)
      return &p;
  return nullptr;
}

bool connection_core::waits_for(request_id re) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& p) { return p.named && p.re == re; });
}

void connection_core::drop_pending(request_id re, question what) {
  const auto i = std::find_if(pending_.begin(), pending_.end(),
                              [&](const auto& p) { return p.re == re && p.what == what && p.named; });
  if (i != pending_.end())
    erase_pending(i);
}

std::size_t connection_core::pending(question what) const {
  return static_cast<std::size_t>(
    std::count_if(pending_.begin(), pending_.end(), [&](const auto& p) { return p.what == what; }));
}

/// An idle connection holds no list.
void connection_core::erase_pending(std::vector<pending_request>::iterator which) {
  pending_.erase(which);
  if (pending_.empty())
    std::vector<pending_request>{}.swap(pending_);
}

void connection_core::end_subscription(const std::string& room) {
  const auto mine = subscriptions_.find(room);
  if (mine == subscriptions_.end())
    return;
  carry_out(room, *mine->second, mine->second->catching_failed());
  subscriptions_.erase(mine);
  around_.port.unsubscribe(room);
}

/// Who leaves does not wait to come in.
void connection_core::withdraw_join(const std::string& room) {
  const auto join = std::find_if(pending_.begin(), pending_.end(),
                                 [&](const auto& p) { return p.room == room && p.what == question::join; });
  if (join == pending_.end())
    return;
  const auto re = join->named ? std::optional{join->re} : std::nullopt;
  erase_pending(join);
  settle(re, {outcome::kind::refused, code::conflict});
  if (re)
    refuse(re, code::conflict, "the room was left before the answer came: join again", retry::never);
}

// -- answers ----------------------------------------------------------------------------------

void connection_core::settle(std::optional<request_id> re, const outcome& how) {
  if (re && gate_)
    gate_->answered(*re, how);
}

void connection_core::hear(to_connection::news what, time_ms now) {
  now_ = now;
  if (state_ != state::closed)
    std::visit([&](auto& news) { on(news, now); }, what);
}

void connection_core::on(protocol::server::joined& what, time_ms) {
  const auto pending = std::find_if(pending_.begin(), pending_.end(), [&](const auto& p) {
    return p.what == question::join && p.room == what.room && (what.re ? p.named && p.re == *what.re : !p.named);
  });
  auto* mine = find(what.room);
  if (!mine) // It was expelled from what it was before, and its relay did not know that it came again.
    around_.port.tell_room(what.room,
                           to_relay::ask{to_room::leave{"", requester_.id, user(), std::nullopt, false, false}});
  if (!mine || (pending == pending_.end() && what.re))
    return;
  bool resumes = false; // Neither does a stream that begins anew, in another log.
  if (pending != pending_.end()) {
    resumes = pending->resumes;
    erase_pending(pending);
  }
  settle(what.re, {outcome::kind::ok, std::nullopt});
  if (!push_history(encode(what)))
    answer_in_short(what, *mine);
  // `more` of a recovery points forward: the stream goes on after the fetches.
  const bool forward = resumes && what.recovered && what.more;
  const auto shown = what.messages.empty() ? 0 : what.messages.back().seq;
  carry_out(what.room, *mine,
            mine->caught_up(forward ? shown : what.head, !forward, what.presence ? what.presence->version : 0));
}

/// A room is joined however much waits to be read: who is there and what was said is had later.
void connection_core::answer_in_short(protocol::server::joined& what, subscription& mine) {
  if (!what.messages.empty())
    what.more = true;
  what.messages.clear();
  if (std::exchange(what.presence, std::nullopt))
    mine.lacks_snapshot();
  answer(what);
}

void connection_core::on(protocol::server::page& what, time_ms) {
  const auto* pending = find_pending(what.re, question::fetch);
  if (!pending)
    return;
  const auto request = *pending;
  drop_pending(what.re, question::fetch);
  settle(what.re, {outcome::kind::ok, std::nullopt, 0, &what}); // It was read, whether there is space for it or not.
  const bool taken = answer_at_length(what);
  const auto end = what.messages.empty() ? request.after : what.messages.back().seq;
  auto* mine = find(what.room);
  if (mine && request.closes_gap)
    carry_out(what.room, *mine, taken ? mine->caught_up(end, !what.more, 0) : mine->catching_failed());
  else if (mine && taken && request.after != 0)
    mine->saw_page(end);
}

void connection_core::on(protocol::server::ack& what, time_ms) {
  deliver_ack(what.re, find(what.room), {encode(what), frame_class::answer, what.seq});
}

void connection_core::on(protocol::server::ok& what, time_ms) {
  if (!find_pending(what.re, question::leave))
    return;
  drop_pending(what.re, question::leave);
  settle(what.re, {outcome::kind::ok, std::nullopt});
  answer(what);
}

/// Without `re` it is the snapshot for a reader who was slow; one who still is gets another later.
void connection_core::on(protocol::server::presence& what, time_ms) {
  if (!what.re) {
    if (auto* mine = find(what.room))
      deliver(*mine, {encode(what), frame_class::presence, what.version});
    return;
  }
  if (!find_pending(*what.re, question::presence))
    return;
  drop_pending(*what.re, question::presence);
  settle(what.re, {outcome::kind::ok, std::nullopt});
  if (auto* mine = find(what.room); !answer_at_length(what) && mine)
    mine->lacks_snapshot();
}

void connection_core::on(protocol::server::marks& what, time_ms) {
  if (auto* mine = find(what.room); mine && !what.marks.empty())
    deliver(*mine, {encode(what), frame_class::marks, 0});
}

/// One that names nothing that waits is too late: its join was withdrawn, and answered so. Sends have a cid.
void connection_core::on(protocol::server::error& what, time_ms) {
  if (what.re && !what.cid && !waits_for(*what.re))
    return;
  settle(what.re, {outcome::kind::refused, what.code});
  if (what.cid && inflight_ > 0)
    --inflight_;
  if (what.re) {
    if (const auto* join = find_pending(*what.re, question::join)) {
      end_subscription(std::string{join->room});
      drop_pending(*what.re, question::join);
    } else if (const auto* fetch = find_pending(*what.re, question::fetch)) {
      const auto request = *fetch;
      drop_pending(*what.re, question::fetch);
      if (auto* mine = find(request.room); mine && request.closes_gap)
        carry_out(request.room, *mine, mine->catching_failed());
    } else {
      for (const auto question : {question::leave, question::presence, question::inbox})
        drop_pending(*what.re, question);
    }
  }
  answer(what);
}

void connection_core::on(protocol::server::rooms& what, time_ms) {
  if (!find_pending(what.re, question::inbox))
    return;
  drop_pending(what.re, question::inbox);
  settle(what.re, {outcome::kind::ok, std::nullopt});
  answer_at_length(what);
}

void connection_core::on(protocol::server::activity& what, time_ms) {
  if (state_ == state::live && !find(what.room))
    answer(what, frame_class::presence);
}

void connection_core::on(to_connection::signed_in& what, time_ms now) {
  if (state_ != state::signing_in)
    return;
  state_ = state::live;
  session_ = what.session;
  const auto hello = std::exchange(hello_, nullptr);
  const auto& session = around_.options.session;
  protocol::server::welcome welcome;
  welcome.re = what.re;
  welcome.session = session_;
  welcome.user = user();
  welcome.node = around_.options.node;
  welcome.ping_ms = session.ping_ms;
  welcome.resume = around_.tokens.make({user(), session_, requester_.who.claims}, now);
  welcome.limits = {static_cast<std::uint32_t>(protocol::limits::frame_bytes_max),
                    static_cast<std::uint32_t>(protocol::limits::body_bytes_max), session.send_rate_per_s,
                    session.inflight_max};
  welcome.time = now;
  settle(what.re, {outcome::kind::ok, std::nullopt});
  answer(welcome);
  for (const auto& place : hello->rooms)
    start_join(place.room, std::nullopt, protocol::position{place.epoch, place.seq}, std::nullopt, {}, now);
  for (auto& request : std::exchange(early_, {}))
    perform(std::move(request), now);
}

void connection_core::on(to_connection::turned_away& what, time_ms) {
  settle(what.re, {outcome::kind::refused, what.why.code});
  what.why.re = what.re;
  answer(what.why);
  give_up(close_code::rate, "too many sessions");
}

void connection_core::on(to_connection::expelled& what, time_ms) {
  if (!find(what.room))
    return;
  end_subscription(what.room);
  withdraw_join(what.room);
  if (what.reason == "restarted")
    return give_up(close_code::draining, "a room was restarted: reconnect and resume");
  answer(protocol::server::closed{what.room, what.reason});
}

void connection_core::on(to_connection::drain& what, time_ms now) {
  if (state_ == state::live)
    answer(
      protocol::server::goaway{what.after_ms, around_.tokens.make({user(), session_, requester_.who.claims}, now)});
  state_ = state::draining;
  give_up(close_code::draining, "the node stops: reconnect and resume");
}

// -- time ------------------------------------------------------------------------------------------

void connection_core::ended() {
  state_ = state::closed;
  if (gate_)
    gate_->end();
}

void connection_core::tick(time_ms now) {
  now_ = now;
  if ((state_ == state::greeting || state_ == state::signing_in) && since_ + protocol::limits::hello_ms <= now)
    return give_up(close_code::not_authenticated, "hello did not come in time");
  const auto silence_ms = 2 * static_cast<std::int64_t>(around_.options.session.ping_ms);
  if (last_received_ + silence_ms + 1'000 <= now)
    return give_up(close_code::idle, "nothing was heard for too long");
  if (const auto& claims = requester_.who.claims; claims && around_.judge && around_.judge->objection(*claims, now))
    return give_up(close_code::not_authenticated, "your token does not hold any more: come back with a new one");
  expire(now);
  if (gate_ && gate_->empty())
    gate_.reset();
  if (outbound_.empty())
    for (auto& [room, mine] : subscriptions_)
      if (mine->take_stale())
        around_.port.tell_room(room, to_relay::ask{to_room::who{"", requester_.id, user(), std::nullopt}});
}

void connection_core::expire(time_ms now) {
  if (gate_)
    gate_->expire(now - answer_within_ms);
  std::vector<pending_request> late;
  std::erase_if(pending_, [&](const auto& p) {
    if (p.since + answer_within_ms > now)
      return false;
    late.push_back(p);
    return true;
  });
  for (const auto& p : late) {
    if (p.what == question::join) {
      end_subscription(p.room);
      around_.port.tell_room(p.room,
                             to_relay::ask{to_room::leave{"", requester_.id, user(), std::nullopt, false, false}});
    } else if (p.what == question::fetch || p.what == question::presence) {
      around_.port.tell_room(p.room, to_relay::withdraw{requester_.id, p.re});
      if (auto* mine = find(p.room); mine && p.closes_gap)
        carry_out(p.room, *mine, mine->catching_failed());
    }
    if (p.named) {
      settle(p.re, {outcome::kind::unknown, std::nullopt});
      refuse(p.re, code::timeout, "the room did not answer in time: try again", retry::same);
    } else {
      answer(protocol::server::closed{p.room, "timeout"});
    }
  }
}

} // namespace troupe::actors
