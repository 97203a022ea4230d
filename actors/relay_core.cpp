#include "actors/relay_core.hpp"

#include "actors/moderation.hpp"
#include "actors/sequencer.hpp"
#include "protocol/chain.hpp"
#include "protocol/limits.hpp"
#include "storage/faults.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

namespace {

constexpr std::int64_t sweep_interval_ms = 2'000;
constexpr std::int64_t refill_again_ms = 1'000;
constexpr std::int64_t linger_ms = 10'000;
constexpr const char* closed_for_good = "this room failed too often and was closed: tell the operator";

} // namespace

relay_core::relay_core(std::string node, std::string room) : node_(std::move(node)), room_(std::move(room)) {}

relay_effects relay_core::apply(to_relay::command what, time_ms now) {
  relay_effects out;
  std::visit([&](auto& command) { on(command, now, out); }, what);
  pass_time(now, out);
  return out;
}

// -- connections --------------------------------------------------------------------------

/// Answers a send that will not be stored by this attempt.
void relay_core::refuse(const waiting_send& which, protocol::server::error why, relay_effects& out) {
  why.re = which.who.re;
  why.cid = which.what.cid;
  out.emplace_back(relay_does::reply{which.who.connection, std::move(why)});
}

void relay_core::on(to_relay::send& what, time_ms now, relay_effects& out) {
  waiting_send waits;
  waits.who = {what.connection, what.re};
  waits.since = now;
  waits.told = ready();
  waits.what = {node_,
                what.connection,
                std::move(what.user),
                std::move(what.cid),
                std::move(what.kind),
                std::move(what.body),
                what.reply_to,
                what.target,
                what.salt,
                what.granted};
  if (quarantined_)
    return refuse(waits, refusal(code::internal, closed_for_good, retry::never), out);
  if (waiting_.size() >= waiting_max)
    return refuse(waits,
                  refusal(code::overloaded, "too many messages wait for this room: send it again a little later",
                          retry::after, 1'000),
                  out);
  if (waits.told)
    out.emplace_back(relay_does::tell_room{waits.what});
  waiting_.add(std::move(waits));
}

/// What was sent to the room as it was before, and is not in the log by now, and what came meanwhile.
void relay_core::tell_waiting(relay_effects& out) {
  for (const auto& doubtful : waiting_.take_doubtful())
    refuse(doubtful, refusal(code::not_owner, "the room was restarted: send it again with the same cid", retry::same),
           out);
  for (auto& what : waiting_.tell())
    out.emplace_back(relay_does::tell_room{std::move(what)});
}

void relay_core::on(to_relay::ask& what, time_ms, relay_effects& out) {
  std::visit(
    [&](auto& question) {
      using type = std::remove_reference_t<decltype(question)>;
      question.relay = node_;
      if (quarantined_) {
        if constexpr (requires { question.re; })
          fail(question, refusal(code::internal, closed_for_good, retry::never), out);
        return;
      }
      constexpr bool joins = std::is_same_v<type, to_room::join>;
      constexpr bool leaves = std::is_same_v<type, to_room::leave>;
      if constexpr (joins || leaves)
        asked_.withdraw_join(question.connection);
      bool is_answered = false;
      if constexpr (requires { question.re; })
        is_answered = !leaves || question.re;
      if (is_answered && asked_.size() >= questions_max)
        return turn_away(question, out);
      if constexpr (joins)
        add_member(question.connection, question.user, question.granted);
      if constexpr (leaves)
        drop_member(question.connection);
      if (is_answered)
        asked_.add(question);
      if (up_)
        out.emplace_back(relay_does::tell_room{std::move(question)});
    },
    what.what);
}

void relay_core::on(to_relay::gone& what, time_ms, relay_effects& out) {
  asked_.drop(what.connection);
  waiting_.drop(what.connection);
  end_membership(what.connection, true, out);
}

void relay_core::on(to_relay::withdraw& what, time_ms, relay_effects&) { asked_.withdraw(what.connection, what.re); }

void relay_core::add_member(connection_id connection, const std::string& user, std::optional<protocol::role> granted) {
  if (granted)
    granted_.insert_or_assign(connection, *granted);
  else
    granted_.erase(connection);
  if (!members_.emplace(connection, user).second)
    return;
  const auto thread = io_thread_of(connection);
  if (by_thread_.size() <= thread)
    by_thread_.resize(thread + 1);
  ++by_thread_[thread];
}

void relay_core::drop_member(connection_id connection) {
  granted_.erase(connection);
  if (members_.erase(connection))
    --by_thread_[io_thread_of(connection)];
}

std::optional<protocol::role> relay_core::granted_to(connection_id connection) const {
  const auto found = granted_.find(connection);
  return found == granted_.end() ? std::nullopt : std::optional{found->second};
}

/// Whatever the room believes by now, it has nobody who is no member here.
void relay_core::end_membership(connection_id connection, bool gone, relay_effects& out) {
  const auto member = members_.find(connection);
  if (member == members_.end())
    return;
  to_room::leave leaves{node_, connection, member->second, std::nullopt, false, gone};
  drop_member(connection);
  if (up_)
    out.emplace_back(relay_does::tell_room{std::move(leaves)});
}

// -- the room ---------------------------------------------------------------------------------

void relay_core::on(to_relay::room_up&, time_ms, relay_effects& out) {
  up_ = true;
  attached_ = false;
  quarantined_ = false;
  refill_to_ = 0;
  to_room::attach hello{node_, epoch_, last_, {}, false};
  for (const auto& [connection, user] : members_) {
    if (hello.members.size() == to_room::attach::members_max) {
      out.emplace_back(relay_does::tell_room{std::move(hello)});
      hello = {node_, epoch_, last_, {}, true};
    }
    hello.members.push_back({connection, user, granted_to(connection)});
  }
  out.emplace_back(relay_does::tell_room{std::move(hello)});
  for (auto& question : asked_.in_order())
    out.emplace_back(relay_does::tell_room{std::move(question)});
}

void relay_core::on(to_relay::room_down& what, time_ms, relay_effects& out) {
  up_ = false;
  attached_ = false;
  quarantined_ = what.why == from_room::absence::quarantined;
  waiting_.room_gone(what.why == from_room::absence::crashed);
  if (quarantined_)
    refuse_everything(refusal(code::internal, closed_for_good, retry::same), out);
  else if (what.why == from_room::absence::full)
    refuse_everything(
      refusal(code::overloaded, "the node of this room has too many: try again a little later", retry::same, 1'000),
      out); // An owner before this one may have stored a send: its outcome is open.
}

void relay_core::on(to_relay::heard& what, time_ms now, relay_effects& out) {
  std::visit([&](auto& news) { on(news, now, out); }, what.what);
}

void relay_core::on(from_room::attached& what, time_ms now, relay_effects& out) {
  if (!up_)
    return;
  attached_ = true;
  if (epoch_.empty()) {
    last_ = begins_after_ = what.head;
  } else if (epoch_ != what.epoch) {
    rejoin_all({epoch_, last_}, out);
    last_ = begins_after_ = what.head;
  } else if (storage::planted(storage::plant::skip_refill)) {
    last_ = what.head; // A test's bug.
  } else if (last_ < what.head) {
    refill_to_ = what.head; // The room reads it without being asked.
    refill_asked_at_ = now;
  }
  epoch_ = what.epoch;
  if (refill_to_ == 0)
    caught_up(out);
}

/// Everything the log had is delivered: what still waits was not in it.
void relay_core::caught_up(relay_effects& out) {
  refill_to_ = 0;
  if (ready())
    tell_waiting(out);
}

void relay_core::ask_refill(seq_t up_to, time_ms now, relay_effects& out) {
  if (refill_to_ == 0 && up_) {
    refill_asked_at_ = now;
    out.emplace_back(relay_does::tell_room{to_room::refill{node_, last_}});
  }
  refill_to_ = std::max(refill_to_, up_to);
}

/// The node was too slow for the stream: it pulls, and asks how things stand with the volatile rest.
void relay_core::on(from_room::behind& what, time_ms now, relay_effects& out) {
  if (what.epoch == epoch_ && (refill_to_ != 0 || last_ < what.head)) {
    const auto wanted = std::exchange(refill_to_, 0); // Perhaps it was the refill that found no space.
    ask_refill(std::max(wanted, what.head), now, out);
  }
  if (!up_ || members_.empty())
    return;
  asked_.withdraw_snapshots();
  out.emplace_back(relay_does::tell_room{to_room::who{node_, 0, "", std::nullopt}});
}

/// The guardian takes care of it: it says `room_down`, and `room_up` when there is a way again.
void relay_core::on(from_room::ended&, time_ms, relay_effects&) {}

void relay_core::on(from_room::published& what, time_ms now, relay_effects& out) {
  if (what.epoch != epoch_)
    return;
  for (auto& record : what.records) {
    if (record.seq <= last_)
      continue;
    if (record.seq != last_ + 1) {
      if (!what.refill)
        return ask_refill(what.records.back().seq, now, out);
      skip_to(record.seq - 1, out);
    }
    last_ = record.seq;
    auto acks = waiting_.take(record.user, record.cid);
    const auto event = record.kind == system_kind ? record.body : std::string{};
    out.emplace_back(relay_does::deliver{epoch_, what.durable, std::move(record), std::move(acks)});
    if (!event.empty())
      moderated(event, out);
  }
  last_message_at_ = now;
  if (refill_to_ == 0)
    return;
  if (last_ >= refill_to_)
    return caught_up(out);
  if (what.refill) {
    refill_asked_at_ = now;
    out.emplace_back(relay_does::tell_room{to_room::refill{node_, last_}});
  }
}

void relay_core::on(from_room::refused& what, time_ms, relay_effects& out) {
  for (const auto& attempt : waiting_.take(what.connection, what.user, what.cid))
    refuse(attempt, what.error, out);
}

void relay_core::on(from_room::repeated& what, time_ms, relay_effects& out) {
  if (what.ack.epoch == epoch_ && what.ack.seq > last_)
    return; // The message itself is on its way to the members, and the ack comes in its place.
  for (const auto& attempt : waiting_.take(what.connection, what.user, what.cid)) {
    auto ack = what.ack;
    ack.re = attempt.who.re;
    out.emplace_back(relay_does::reply{what.connection, std::move(ack)});
  }
}

void relay_core::on(from_room::presence_changed& what, time_ms, relay_effects& out) {
  out.emplace_back(relay_does::spread{std::move(what.change), ""});
}

void relay_core::on(from_room::typing_seen& what, time_ms, relay_effects& out) {
  out.emplace_back(relay_does::spread{protocol::server::typing{room_, what.user}, what.user});
}

void relay_core::on(from_room::marks_changed& what, time_ms, relay_effects& out) {
  out.emplace_back(relay_does::spread{protocol::server::marks{room_, std::move(what.marks)}, ""});
}

void relay_core::on(from_room::expelled& what, time_ms, relay_effects& out) {
  expel(what.user, what.except, what.reason, out);
}

/// The stream has no holes, so no kick is lost on the way here.
void relay_core::moderated(std::string_view event, relay_effects& out) {
  const auto order = read_order(event);
  if (order && order->action == protocol::moderation::kick)
    expel(order->user, 0, "kicked", out);
  else if (order && order->action == protocol::moderation::ban)
    expel(order->user, 0, "banned", out);
}

/// A join that is under way may reach the room before or after this: it is withdrawn, and the room told so.
void relay_core::expel(const std::string& user, connection_id except, const std::string& reason, relay_effects& out) {
  std::vector<connection_id> leaving;
  for (const auto& [connection, member] : members_)
    if (member == user && connection != except)
      leaving.push_back(connection);
  for (const auto connection : leaving) {
    asked_.withdraw_join(connection);
    end_membership(connection, false, out);
    out.emplace_back(relay_does::reply{connection, to_connection::expelled{room_, reason}});
  }
}

// -- time -----------------------------------------------------------------------------------------

void relay_core::on(to_relay::wake&, time_ms now, relay_effects& out) {
  woken_at_ = 0;
  for (const auto& late : waiting_.take_older(now - answer_within_ms))
    refuse(late,
           refusal(code::timeout, "the room did not answer in time: send it again with the same cid", retry::same),
           out);
  if (refill_to_ != 0 && up_ && refill_asked_at_ + refill_again_ms <= now) {
    refill_asked_at_ = now;
    out.emplace_back(relay_does::tell_room{to_room::refill{node_, last_}});
  }
  if (!members_.empty() && last_message_at_ + protocol::limits::head_after_ms <= now) {
    last_message_at_ = now;
    // A node that does not reach the room cannot say how far it is.
    if (up_)
      out.emplace_back(relay_does::spread{protocol::server::head{room_, last_}, ""});
  }
}

void relay_core::pass_time(time_ms now, relay_effects& out) {
  if (last_message_at_ == 0)
    last_message_at_ = now;
  const bool in_use = !members_.empty() || !waiting_.empty() || !asked_.empty();
  if (in_use)
    idle_since_ = 0;
  else if (idle_since_ == 0)
    idle_since_ = now;
  else if (idle_since_ + linger_ms <= now) {
    // It stays attached until the guardian lets it go: something may be on its way here already.
    out.emplace_back(relay_does::retire{});
    return;
  }
  time_ms next = 0;
  if (refill_to_ != 0)
    next = now + refill_again_ms;
  else if (!waiting_.empty())
    next = now + sweep_interval_ms;
  else if (!members_.empty())
    next = last_message_at_ + protocol::limits::head_after_ms;
  else if (!in_use)
    next = idle_since_ + linger_ms;
  if (next != 0 && (woken_at_ == 0 || woken_at_ > next)) {
    woken_at_ = std::max(next, now + 1);
    out.emplace_back(relay_does::wake_at{woken_at_});
  }
}

} // namespace troupe::actors
