// The fold over what arrives; docs/protocol.md, "Order on a socket".
#include "client/session_core.hpp"

#include <algorithm>
#include <utility>

namespace troupe::client {
namespace {

constexpr std::int64_t retry_first_ms = 100;
constexpr std::int64_t retry_most_ms = 5'000;
constexpr std::int64_t join_again_ms = 1'000;

/// Somebody ended it. Any other reason is one of the server's, which a `join` will tell better.
bool ends_for_good(const std::string& reason) {
  return reason == "left" || reason == "kicked" || reason == "banned" || reason == "deleted";
}

entry entry_of(const protocol::server::message& what) {
  entry shown{.seq = what.seq,
              .from = what.from,
              .cid = what.cid,
              .time = what.time,
              .kind = what.kind,
              .reply_to = what.reply_to,
              .target = what.target};
  if (what.digest) {
    shown.digest = what.digest;
    shown.deleted = true;
  } else {
    shown.body = what.body;
    shown.salt = what.salt;
  }
  return shown;
}

entry entry_of(const protocol::client::send& what, const protocol::server::ack& ack, const std::string& user) {
  return {.seq = ack.seq,
          .from = user,
          .cid = what.cid,
          .time = ack.time,
          .kind = what.kind.value_or("text"),
          .body = what.body,
          .salt = ack.salt,
          .reply_to = what.reply_to,
          .target = what.target};
}

} // namespace

void session_core::take(const protocol::server::welcome& what, std::int64_t now_ms) {
  questions_.erase(what.re);
  greeting_until_ms_.reset();
  backoff_.reset();
  resume_ = what.resume;
  options_.user = what.user;
  clock_ = {what.time, now_ms};
  if (what.ping_ms > 0)
    ping_ms_ = what.ping_ms;
  if (what.limits.inflight > 0)
    inflight_max_ = what.limits.inflight;
  to_state(link_state::online, "online");
  events_.on_welcome(what);
  for (auto& [room, r] : rooms_)
    if (!r->asked)
      send_join(room, *r);
}

void session_core::take(const protocol::server::joined& what, std::int64_t) {
  if (what.re)
    questions_.erase(*what.re);
  const auto found = rooms_.find(what.room);
  if (found == rooms_.end())
    return; // Left meanwhile.
  const auto keep = found->second;
  auto& r = *keep;
  if (what.re ? *what.re != r.join_id : !r.live && r.join_id != 0)
    return; // Left meanwhile, and joined again: that join has its own answer.
  const bool continues = r.resumes && what.recovered && r.at && r.at->epoch == what.epoch;
  if (!continues) {
    if (r.at)
      events_.on_discontinuity(what.room);
    r.at = position{what.epoch, what.messages.empty() ? what.head : what.messages.front().seq - 1};
  }
  r.live = true;
  events_.on_joined(what);
  for (const auto& shown : what.messages)
    tell(what.room, r, shown, continues ? source::resumed : source::history);
  if (!rooms_.contains(what.room))
    return; // Left from within a callback.
  if (continues && what.more)
    return send_catch_up(what.room, r);
  r.catching = false;
  r.at->seq = std::max(r.at->seq, what.head);
  tell_early(what.room, r);
}

void session_core::take(const protocol::server::page& what, std::int64_t) {
  auto asked_for = questions_.extract(what.re);
  if (!asked_for)
    return;
  if (asked_for.mapped().what == asked::page)
    return events_.on_page(what);
  const auto found = rooms_.find(what.room);
  if (asked_for.mapped().what != asked::catch_up || found == rooms_.end() || !found->second->live)
    return;
  const auto keep = found->second;
  auto& r = *keep;
  if (r.at && r.at->epoch != what.epoch)
    return; // The log is another one: a `joined` says how to go on.
  if (!what.messages.empty() && r.at && what.messages.front().seq > r.at->seq + 1) {
    events_.on_discontinuity(what.room); // Retention took what lies between.
    r.at->seq = what.messages.front().seq - 1;
  }
  for (const auto& shown : what.messages)
    tell(what.room, r, shown, source::resumed);
  if (!rooms_.contains(what.room))
    return;
  if (what.more)
    return send_catch_up(what.room, r);
  r.catching = false;
  tell_early(what.room, r);
}

void session_core::take(const protocol::server::message& what, std::int64_t) {
  const auto shown = entry_of(what);
  const auto found = rooms_.find(what.room);
  if (found == rooms_.end() || !found->second->live || found->second->catching)
    return;
  const auto keep = found->second;
  auto& r = *keep;
  if (!r.at || r.at->epoch != what.epoch)
    return hole(what.room, r);
  if (what.seq > r.at->seq + 1)
    tell_early(what.room, r);
  if (what.seq > r.at->seq + 1)
    return hole(what.room, r);
  tell(what.room, r, shown, source::live);
}

void session_core::take(const protocol::server::ack& what, std::int64_t) {
  const auto mine = outbox_.take(what.room, what.cid);
  if (mine)
    events_.on_sent({what.room, what.cid, what.epoch, what.seq, what.time});
  const auto order = questions_.extract(what.re);
  const auto found = rooms_.find(what.room);
  if (found == rooms_.end() || !found->second->live)
    return;
  const auto keep = found->second;
  auto& r = *keep;
  if (!mine) {
    if (order && !r.catching && r.at && r.at->seq < what.seq)
      hole(what.room, r); // The room has written this message: read it there.
    return;
  }
  if (!r.at || r.at->epoch != what.epoch || what.seq <= r.at->seq)
    return; // It was told already.
  r.early.emplace(what.seq, entry_of(mine->what, what, options_.user));
  if (r.catching)
    return; // Its message stands in the pages too, or follows their end.
  tell_early(what.room, r);
  if (r.at && r.at->seq < what.seq)
    hole(what.room, r);
}

void session_core::take(const protocol::server::gap& what, std::int64_t) {
  if (auto* r = room_of(what.room); r && r->live && !r->catching)
    send_catch_up(what.room, *r);
}

void session_core::take(const protocol::server::head& what, std::int64_t) {
  auto* r = room_of(what.room);
  if (r && r->live && !r->catching && r->at && r->at->seq < what.seq)
    hole(what.room, *r); // Something was lost without a word.
}

void session_core::take(const protocol::server::closed& what, std::int64_t now_ms) {
  const auto found = rooms_.find(what.room);
  if (found == rooms_.end())
    return;
  forget_questions(what.room);
  if (ends_for_good(what.reason)) {
    rooms_.erase(found);
    return events_.on_left(what.room, what.reason);
  }
  auto& r = *found->second;
  r.asked = r.live = r.catching = false;
  r.fetch_due_ms.reset();
  r.early.clear();
  r.join_due_ms = now_ms + static_cast<std::int64_t>(options_.random() % join_again_ms) + 1;
}

void session_core::take(const protocol::server::goaway& what, std::int64_t now_ms) {
  resume_ = what.resume;
  slot_at_ms_ = now_ms + what.after_ms;
}

void session_core::take(const protocol::server::error& what, std::int64_t now_ms) {
  if (what.re) {
    if (auto* which = outbox_.by_id(*what.re))
      return refused(*which, what, now_ms);
    if (auto which = questions_.extract(*what.re))
      question_failed(which.mapped(), what, now_ms);
    return; // Without a question it is of a room that was left meanwhile.
  }
  events_.on_error(what);
}

void session_core::refused(outgoing& which, const protocol::server::error& why, std::int64_t now_ms) {
  switch (why.retry) {
  case protocol::retry::never: {
    const auto gone = outbox_.take(which.what.room, which.what.cid);
    return events_.on_refused(gone->what, why);
  }
  case protocol::retry::same: {
    const auto reach = std::min(retry_most_ms, retry_first_ms << std::min<std::uint32_t>(which.attempts, 6));
    const auto drawn = 1 + static_cast<std::int64_t>(options_.random() % static_cast<std::uint64_t>(reach));
    which.due_ms = now_ms + std::max<std::int64_t>(drawn, why.after_ms.value_or(0));
    which.stage = outgoing::stage::waiting;
    return;
  }
  case protocol::retry::after:
    which.due_ms = now_ms + std::max<std::int64_t>(1, why.after_ms.value_or(1'000));
    which.stage = outgoing::stage::waiting;
    return;
  case protocol::retry::resume:
  case protocol::retry::reauth:
    // A fresh `hello` brings a fresh token with it.
    actions_.push_back(drop_connection{});
    return reconnect(now_ms, backoff_.next_ms(options_.random()), why.message);
  }
}

void session_core::question_failed(const question& which, const protocol::server::error& why, std::int64_t now_ms) {
  if (which.what != asked::hello && (why.retry == protocol::retry::resume || why.retry == protocol::retry::reauth)) {
    actions_.push_back(drop_connection{});
    return reconnect(now_ms, backoff_.next_ms(options_.random()), why.message);
  }
  const auto room = rooms_.find(which.room);
  const auto wait =
    std::max<std::int64_t>(why.after_ms.value_or(0), static_cast<std::int64_t>(options_.random() % 1'000) + 1);
  const bool again = why.retry == protocol::retry::same || why.retry == protocol::retry::after;
  if (which.what == asked::join && room != rooms_.end()) {
    if (again) {
      room->second->asked = false;
      room->second->join_due_ms = now_ms + wait;
      return;
    }
    rooms_.erase(room);
    return events_.on_left(which.room, why.message);
  }
  if (which.what == asked::catch_up && room != rooms_.end()) {
    if (again) {
      room->second->fetch_due_ms = now_ms + wait;
      return;
    }
    rooms_.erase(room);
    return events_.on_left(which.room, why.message);
  }
  events_.on_error(why);
}

/// The next message of a room, or one that was told already.
void session_core::tell(const std::string& room, joined_room& r, const entry& what, source how) {
  if (!r.at || what.seq <= r.at->seq || room_of(room) != &r)
    return;
  r.at->seq = what.seq;
  r.early.erase(what.seq);
  own_copy(room, r.at->epoch, what);
  events_.on_message(room, what, how);
}

/// One's own message in the stream while it is un-acked is its ack.
void session_core::own_copy(const std::string& room, const std::string& epoch, const entry& what) {
  if (what.from != options_.user)
    return;
  if (outbox_.take(room, what.cid))
    events_.on_sent({room, what.cid, epoch, what.seq, what.time});
}

void session_core::tell_early(const std::string& room, joined_room& r) {
  while (r.at && !r.early.empty() && room_of(room) == &r) {
    const auto next = r.early.begin();
    if (next->first > r.at->seq + 1)
      return;
    const auto shown = std::move(next->second);
    r.early.erase(next);
    tell(room, r, shown, source::live);
  }
}

/// A message is missing that the server did not tell about: ask for everything from the last good one.
void session_core::hole(const std::string& room, joined_room& r) {
  r.live = false;
  r.early.clear();
  send_join(room, r);
}

} // namespace troupe::client
