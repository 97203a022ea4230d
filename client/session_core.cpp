#include "client/session_core.hpp"

#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <algorithm>
#include <utility>

namespace troupe::client {

session_core::session_core(session_options options, session_events& events)
  : options_{std::move(options)}, events_{events}, backoff_{options_.backoff_first_ms, options_.backoff_most_ms} {}

// -- what the owner wants ---------------------------------------------------------

void session_core::start(std::int64_t now_ms) {
  if (state_ != link_state::offline)
    return;
  now_ms_ = heard_ms_ = now_ms;
  actions_.push_back(open_connection{});
  to_state(link_state::connecting, "connecting");
}

void session_core::stop() {
  if (state_ == link_state::connecting || state_ == link_state::greeting || state_ == link_state::online)
    actions_.push_back(drop_connection{});
  connection_gone();
  connect_at_ms_.reset();
  to_state(link_state::ended, "stopped");
}

void session_core::join(const std::string& room, std::int64_t now_ms) {
  auto& slot = rooms_[room];
  if (!slot)
    slot = std::make_shared<joined_room>();
  auto& r = *slot;
  r.join_due_ms = now_ms_ = now_ms;
  if (state_ == link_state::online && !r.asked)
    send_join(room, r);
}

void session_core::leave(const std::string& room, bool forget, std::int64_t now_ms) {
  now_ms_ = now_ms;
  rooms_.erase(room);
  forget_questions(room);
  if (state_ == link_state::online)
    put(protocol::client::leave{
      .id = ask(asked::leave, room), .room = room, .forget = forget ? std::optional{true} : std::nullopt});
}

std::string session_core::new_cid(std::int64_t now_ms) {
  unsigned char randomness[10];
  const std::uint64_t drawn[2] = {options_.random(), options_.random()};
  for (std::size_t i = 0; i < sizeof randomness; ++i)
    randomness[i] = static_cast<unsigned char>(drawn[i / 8] >> (i % 8 * 8));
  return protocol::make_ulid(server_time(now_ms), randomness);
}

std::string session_core::send(protocol::client::send what, std::int64_t now_ms) {
  now_ms_ = now_ms;
  what.cid = new_cid(now_ms);
  const auto cid = what.cid;
  outbox_.add(std::move(what));
  flush_outbox(now_ms);
  return cid;
}

bool session_core::moderate(protocol::client::moderate what, std::int64_t now_ms) {
  now_ms_ = now_ms;
  if (state_ != link_state::online)
    return false;
  what.cid = new_cid(now_ms);
  what.id = ask(asked::moderate, what.room);
  put(std::move(what));
  return true;
}

void session_core::typing(const std::string& room, std::int64_t now_ms) {
  auto* r = room_of(room);
  if (state_ != link_state::online || !r || !r->live || now_ms - r->typed_ms < protocol::limits::typing_interval_ms)
    return;
  r->typed_ms = now_ms;
  put(protocol::client::typing{.room = room});
}

void session_core::mark(const std::string& room, seq_t read, std::int64_t) {
  auto* r = room_of(room);
  if (state_ != link_state::online || !r || !r->live || read <= r->marked)
    return;
  r->marked = read;
  put(protocol::client::mark{.room = room, .read = read});
}

void session_core::ask_presence(const std::string& room) {
  if (state_ == link_state::online)
    put(protocol::client::presence{.id = ask(asked::presence, room), .room = room});
}

void session_core::ask_rooms(const std::optional<std::string>& after) {
  if (state_ == link_state::online)
    put(protocol::client::rooms{.id = ask(asked::rooms), .after = after});
}

void session_core::ask_page(const std::string& room, std::optional<seq_t> before, std::uint32_t limit) {
  if (state_ == link_state::online)
    put(protocol::client::fetch{.id = ask(asked::page, room), .room = room, .before = before, .limit = limit});
}

// -- what the socket says ---------------------------------------------------------

void session_core::opened(std::int64_t now_ms) {
  if (state_ != link_state::connecting)
    return;
  to_state(link_state::greeting, "connected");
  greeting_until_ms_ = now_ms + options_.welcome_within_ms;
  now_ms_ = heard_ms_ = now_ms;
  protocol::client::hello hello{.id = ask(asked::hello), .sdk = options_.sdk};
  if (options_.token)
    hello.token = options_.token();
  else
    hello.user = options_.user;
  if (!resume_.empty())
    hello.resume = resume_;
  for (auto& [room, r] : rooms_) {
    if (!r->at || hello.rooms.size() == protocol::limits::hello_rooms_max)
      continue;
    hello.rooms.push_back({room, r->at->epoch, r->at->seq});
    r->asked = r->resumes = true;
    r->join_id = 0;
  }
  put(std::move(hello));
}

void session_core::received(const protocol::push& what, std::int64_t now_ms) {
  if (state_ != link_state::greeting && state_ != link_state::online)
    return;
  now_ms_ = heard_ms_ = now_ms;
  std::visit(
    [&](const auto& one) {
      using type = std::decay_t<decltype(one)>;
      namespace server = protocol::server;
      if constexpr (std::is_same_v<type, server::ok> || std::is_same_v<type, server::pong>)
        questions_.erase(one.re);
      else if constexpr (std::is_same_v<type, server::rooms>) {
        questions_.erase(one.re);
        events_.on_rooms(one);
      } else if constexpr (std::is_same_v<type, server::presence>) {
        if (one.re)
          questions_.erase(*one.re);
        events_.on_presence(one);
      } else if constexpr (std::is_same_v<type, server::typing>)
        events_.on_typing(one);
      else if constexpr (std::is_same_v<type, server::marks>)
        events_.on_marks(one);
      else if constexpr (std::is_same_v<type, server::activity>)
        events_.on_activity(one);
      else
        take(one, now_ms);
    },
    what);
  flush_outbox(now_ms);
}

void session_core::lost(const loss& how, std::int64_t now_ms) {
  if (state_ == link_state::waiting || state_ == link_state::ended || state_ == link_state::offline)
    return;
  if (slot_at_ms_) {
    const auto wait = std::max<std::int64_t>(0, *slot_at_ms_ - now_ms);
    return reconnect(now_ms, wait, "the node is going away");
  }
  const auto because = how.reason.empty() && how.code ? "closed with " + std::to_string(how.code) : how.reason;
  if (how.code >= 4500 && how.code <= 4999) {
    connection_gone();
    return to_state(link_state::ended, because);
  }
  // The node may just have been too slow to read who this is.
  const bool unheard =
    state_ == link_state::greeting &&
    std::any_of(questions_.begin(), questions_.end(), [](const auto& one) { return one.second.what == asked::hello; });
  if (how.code == 4401 && (!options_.token || options_.token_is_fixed) && !unheard) {
    connection_gone(); // The same name or token would be refused again.
    return to_state(link_state::ended, because);
  }
  if (how.code >= 4400 && how.code <= 4499)
    resume_.clear(); // Whatever was wrong, do not insist on it.
  reconnect(now_ms, backoff_.next_ms(options_.random()), because);
}

void session_core::tick(std::int64_t now_ms) {
  now_ms_ = now_ms;
  if (connect_at_ms_ && now_ms >= *connect_at_ms_) {
    connect_at_ms_.reset();
    actions_.push_back(open_connection{});
    return to_state(link_state::connecting, "connecting");
  }
  if (greeting_until_ms_ && now_ms >= *greeting_until_ms_) {
    actions_.push_back(drop_connection{});
    return reconnect(now_ms, backoff_.next_ms(options_.random()), "the node did not answer `hello`");
  }
  if (state_ != link_state::online)
    return;
  if (slot_at_ms_ && now_ms >= *slot_at_ms_) {
    actions_.push_back(drop_connection{});
    return reconnect(now_ms, 0, "the node is going away");
  }
  if (now_ms - heard_ms_ >= 2 * ping_ms_) {
    actions_.push_back(drop_connection{});
    return reconnect(now_ms, backoff_.next_ms(options_.random()), "the node fell silent");
  }
  if (now_ms - sent_ms_ >= ping_ms_)
    put(protocol::client::ping{.id = ask(asked::ping)});
  for (auto& [room, r] : rooms_) {
    if (!r->asked && now_ms >= r->join_due_ms)
      send_join(room, *r);
    if (r->fetch_due_ms && now_ms >= *r->fetch_due_ms)
      send_catch_up(room, *r);
  }
  flush_outbox(now_ms);
}

std::optional<std::int64_t> session_core::wakes_at() const {
  std::optional<std::int64_t> first;
  const auto consider = [&](std::int64_t at) { first = first ? std::min(*first, at) : at; };
  if (connect_at_ms_)
    consider(*connect_at_ms_);
  if (greeting_until_ms_)
    consider(*greeting_until_ms_);
  if (state_ != link_state::online)
    return first;
  if (slot_at_ms_)
    consider(*slot_at_ms_);
  consider(std::min(sent_ms_ + ping_ms_, heard_ms_ + 2 * ping_ms_));
  for (const auto& [room, r] : rooms_) {
    if (!r->asked)
      consider(r->join_due_ms);
    if (r->fetch_due_ms)
      consider(*r->fetch_due_ms);
  }
  // What is due and still waits does so for an answer, not for a time.
  for (const auto& one : outbox_.all())
    if (one.stage == outgoing::stage::waiting && one.due_ms > now_ms_)
      consider(one.due_ms);
  return first;
}

bool session_core::joined(const std::string& room) const {
  const auto* r = room_of(room);
  return r && r->live;
}

std::optional<position> session_core::where(const std::string& room) const {
  const auto* r = room_of(room);
  return r ? r->at : std::nullopt;
}

bool session_core::caught_up(const std::string& room) const {
  const auto* r = room_of(room);
  return r && r->live && !r->catching;
}

// -- inner parts ------------------------------------------------------------------

request_id session_core::ask(asked what, std::string room) {
  questions_.emplace(next_id_, question{what, std::move(room)});
  return next_id_++;
}

void session_core::to_state(link_state to, const std::string& why, std::int64_t retry_ms) {
  state_ = to;
  events_.on_state(to, why, retry_ms);
}

void session_core::connection_gone() {
  greeting_until_ms_.reset();
  slot_at_ms_.reset();
  questions_.clear();
  outbox_.connection_lost();
  for (auto& [room, r] : rooms_) {
    r->asked = r->live = r->resumes = r->catching = false;
    r->fetch_due_ms.reset();
    r->early.clear();
  }
}

void session_core::reconnect(std::int64_t now_ms, std::int64_t wait_ms, const std::string& why) {
  connection_gone();
  connect_at_ms_ = now_ms + wait_ms;
  to_state(link_state::waiting, why, wait_ms);
}

void session_core::flush_outbox(std::int64_t now_ms) {
  if (state_ != link_state::online)
    return;
  auto room_left = inflight_max_ - std::min<std::size_t>(inflight_max_, outbox_.underway());
  for (auto& one : outbox_.all()) {
    if (room_left == 0)
      return;
    if (one.stage != outgoing::stage::waiting || now_ms < one.due_ms)
      continue;
    // After a reconnect the room's own messages come first: what stands in `joined` needs no retry.
    if (const auto* r = room_of(one.what.room); r && !r->live)
      continue;
    one.what.id = next_id_++;
    one.stage = outgoing::stage::underway;
    ++one.attempts;
    --room_left;
    put(one.what);
  }
}

session_core::joined_room* session_core::room_of(const std::string& room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : found->second.get();
}

void session_core::send_join(const std::string& room, joined_room& r) {
  protocol::client::join join{.id = ask(asked::join, room), .room = room, .since = r.at};
  if (!r.at)
    join.limit = options_.history;
  if (!options_.want.empty())
    join.want = options_.want;
  r.asked = true;
  r.join_id = join.id;
  r.resumes = r.at.has_value();
  put(std::move(join));
}

/// What is still answered of a room that was left does not speak of the room that may be joined after it.
void session_core::forget_questions(const std::string& room) {
  std::erase_if(questions_, [&](const auto& one) {
    const auto& asked_of = one.second;
    return asked_of.room == room && (asked_of.what == asked::join || asked_of.what == asked::catch_up);
  });
}

void session_core::send_catch_up(const std::string& room, joined_room& r) {
  r.catching = true;
  r.fetch_due_ms.reset();
  put(protocol::client::fetch{
    .id = ask(asked::catch_up, room), .room = room, .after = r.at ? r.at->seq : 0, .limit = options_.page});
}

time_ms session_core::server_time(std::int64_t now_ms) const {
  return clock_ ? clock_->first + (now_ms - clock_->second) : options_.wall_clock();
}

} // namespace troupe::client
