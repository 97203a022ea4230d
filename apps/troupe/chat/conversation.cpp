#include "apps/troupe/chat/conversation.hpp"

#include "client/printable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

namespace troupe::chat {
namespace {

constexpr client::time_ms typing_shown_ms = 6'000;

client::time_ms now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

std::string in_words(std::int64_t wait_ms) {
  return wait_ms < 1'000 ? std::string{"now"} : fmt::format("in {} s", (wait_ms + 500) / 1'000);
}

} // namespace

conversation::conversation(screen show, std::string user) : show_{std::move(show)}, user_{std::move(user)} {}

// -- what the person does ---------------------------------------------------------

void conversation::enter(const std::string& room) {
  current_ = room;
  show_prompt();
  if (auto& view = rooms_[room]; !view.joined)
    session_->join(room);
  else
    note(room, "you are in " + shown_room(room, user_));
}

bool conversation::typed(const std::string& line) {
  const auto meant = parse_input(line);
  switch (meant.what) {
  case input::verb::nothing: break;
  case input::verb::say: say({.room = current_, .body = meant.text}); break;
  case input::verb::reply: say({.room = current_, .body = meant.text, .reply_to = meant.seq}); break;
  case input::verb::react: say({.room = current_, .body = meant.text, .kind = "reaction", .target = meant.seq}); break;
  case input::verb::edit: change("edit", meant); break;
  case input::verb::remove: change("delete", meant); break;
  case input::verb::join: enter(meant.name); break;
  case input::verb::direct:
    if (meant.name == user_) {
      note(current_, "that is you");
      break;
    }
    enter(direct_room(user_, meant.name));
    if (!meant.text.empty())
      say({.room = current_, .body = meant.text});
    break;
  case input::verb::leave: {
    const auto room = meant.name.empty() ? current_ : meant.name;
    session_->leave(room, !meant.text.empty());
    rooms_.erase(room);
    note(room, "you left " + shown_room(room, user_));
    if (room == current_)
      current_ = rooms_.empty() ? std::string{} : rooms_.begin()->first;
    show_prompt();
    break;
  }
  case input::verb::rooms: session_->ask_rooms(); break;
  case input::verb::who: session_->ask_presence(current_); break;
  case input::verb::older:
    if (const auto oldest = rooms_[current_].oldest; oldest > 1)
      session_->ask_page(current_, oldest, 30);
    else
      note(current_, "there is nothing older");
    break;
  case input::verb::moderate: {
    auto order = meant.order;
    order.room = current_;
    if (current_.empty() || !session_->moderate(std::move(order)))
      refuse(current_.empty() ? "you are in no room; /join one" : "you are offline: try it again later");
    break;
  }
  case input::verb::help: show_.print(help); break;
  case input::verb::wrong:
    ++seen_.not_understood;
    note(current_, meant.text);
    break;
  case input::verb::quit: return false;
  }
  return true;
}

void conversation::typing() {
  if (!current_.empty())
    session_->typing(current_);
}

void conversation::say(protocol::client::send what) {
  if (what.room.empty())
    return refuse("you are in no room; /join one");
  if (was_online_ && !online_)
    note(what.room, "this goes out when the connection is back");
  session_->send(std::move(what));
}

void conversation::change(const char* kind, const input& meant) {
  const auto target = meant.seq.value_or(rooms_[current_].own);
  if (target == 0)
    return refuse("there is no message of yours here; name its number");
  say({.room = current_, .body = meant.text, .kind = kind, .target = target});
}

void conversation::refuse(const std::string& why) {
  ++seen_.refused;
  seen_.refused_because = why;
  note(current_, why);
}

sending_report conversation::report() const {
  auto whole = seen_;
  for (const auto& one : session_->state().unsent().all())
    ++(one.attempts == 0 ? whole.unsent : whole.unacknowledged);
  return whole;
}

// -- what happens -------------------------------------------------------------------

void conversation::on_state(client::link_state to, const std::string& why, std::int64_t retry_ms) {
  switch (to) {
  case client::link_state::waiting:
    seen_.offline_because = why;
    if (std::exchange(online_, false) || !was_online_)
      show_.print(show_.colours.warning(fmt::format("· {}: {}; trying again {}",
                                                    was_online_ ? "connection lost" : "no connection",
                                                    client::printable(why), in_words(retry_ms))));
    break;
  case client::link_state::ended:
    ended_ = true;
    online_ = false;
    if (why == "stopped")
      break;
    seen_.ended_because = why.empty() ? "without a reason" : why;
    show_.print(show_.colours.warning("· the server closed the connection: " + client::printable(why)));
    break;
  case client::link_state::online:
    online_ = seen_.was_online = true;
    seen_.offline_because.clear();
    break;
  default: break;
  }
  show_prompt();
}

void conversation::on_welcome(const protocol::server::welcome& what) {
  user_ = what.user;
  show_.print(show_.colours.dim(fmt::format("· {} as {} at {}", was_online_ ? "connected again" : "connected",
                                            what.user, client::printable(what.node))));
  was_online_ = true;
}

void conversation::on_joined(const protocol::server::joined& what) {
  auto& view = rooms_[what.room];
  const bool first = !std::exchange(view.joined, true);
  if (what.presence)
    view.users = {what.presence->users.begin(), what.presence->users.end()};
  if (!first)
    return;
  const auto here = view.users.size() > 1 ? fmt::format("; here: {}", fmt::join(view.users, ", ")) : std::string{};
  note(what.room, fmt::format("you are in {}{}", shown_room(what.room, user_), client::printable(here)));
  if (!what.messages.empty() && what.messages.front().seq > what.min)
    note(what.room, "/older shows earlier messages");
}

void conversation::on_left(const std::string& room, const std::string& why) {
  rooms_.erase(room);
  note(room, fmt::format("you are no longer in {}: {}", shown_room(room, user_), client::printable(why)));
}

void conversation::on_message(const std::string& room, const client::entry& what, client::source how) {
  auto& view = rooms_[room];
  if (view.oldest == 0 || what.seq < view.oldest)
    view.oldest = what.seq;
  view.newest = std::max(view.newest, what.seq);
  view.typed.erase(what.from);
  if (what.from == user_ && what.kind == "text")
    view.own = what.seq;
  show(room, what, how != client::source::history);
  if (room == current_)
    session_->mark(room, what.seq);
}

void conversation::on_discontinuity(const std::string& room) {
  note(room, fmt::format("{} does not continue where it was: earlier messages were lost or are too old",
                         shown_room(room, user_)));
}

void conversation::on_refused(const protocol::client::send& what, const protocol::server::error& why) {
  ++seen_.refused;
  seen_.refused_because = why.message;
  show_.print(show_.colours.warning(fmt::format("! not sent to {}: {} ({})", shown_room(what.room, user_),
                                                client::printable(why.message), client::printable(what.body))));
}

void conversation::on_presence(const protocol::server::presence& what) {
  auto& view = rooms_[what.room];
  if (what.users) {
    view.users = {what.users->begin(), what.users->end()};
    if (what.re) {
      const auto more = what.count && *what.count > what.users->size()
                          ? fmt::format(" and {} more", *what.count - what.users->size())
                          : std::string{};
      note(what.room, client::printable(fmt::format("here: {}{}", fmt::join(view.users, ", "), more)));
    }
  }
  if (what.join)
    for (const auto& user : *what.join)
      if (view.users.insert(user).second && user != user_)
        note(what.room, client::printable(user) + " is here");
  if (what.leave)
    for (const auto& gone : *what.leave)
      if (view.users.erase(gone.user) && gone.user != user_)
        note(what.room, fmt::format("{} left{}", client::printable(gone.user),
                                    gone.why == "left" ? std::string{} : " (" + client::printable(gone.why) + ')'));
}

void conversation::on_typing(const protocol::server::typing& what) {
  auto& shown = rooms_[what.room].typed[what.user];
  if (what.user == user_ || (shown != 0 && now_ms() - shown < typing_shown_ms))
    return;
  shown = now_ms();
  note(what.room, client::printable(what.user) + " is typing");
}

void conversation::on_activity(const protocol::server::activity& what) {
  if (!rooms_.contains(what.room))
    note(current_, fmt::format("{} wrote in {}", client::printable(what.from), shown_room(what.room, user_)));
}

void conversation::on_rooms(const protocol::server::rooms& what) {
  for (const auto& row : what.rooms) {
    const auto unread = row.head > row.read ? row.head - row.read : 0;
    show_.print(fmt::format("  {}{}{}", shown_room(row.room, user_), unread ? fmt::format("  {} unread", unread) : "",
                            row.role == "member" ? std::string{} : "  " + client::printable(row.role)));
  }
  if (what.more && !what.rooms.empty())
    session_->ask_rooms(what.rooms.back().room);
  else if (what.rooms.empty())
    note(current_, "you belong to no room yet");
}

void conversation::on_page(const protocol::server::page& what) {
  auto& view = rooms_[what.room];
  view.day.clear();
  for (const auto& one : what.messages) {
    show(what.room, one, false);
    if (view.oldest == 0 || one.seq < view.oldest)
      view.oldest = one.seq;
  }
  view.day.clear();
  note(what.room, what.more ? "/older shows more" : "that is the beginning");
}

void conversation::on_error(const protocol::server::error& what) {
  if (online_) {
    ++seen_.refused;
    seen_.refused_because = what.message;
  } else {
    seen_.offline_because = what.message;
  }
  show_.print(show_.colours.warning("! " + client::printable(what.message)));
}

// -- lines --------------------------------------------------------------------------

void conversation::show(const std::string& room, const client::entry& what, bool live) {
  const auto line = shown_message(what, show_.colours, live);
  if (!line)
    return;
  auto& view = rooms_[room];
  if (const auto day = calendar_day(what.time); day != view.day) {
    const bool today = day == calendar_day(std::chrono::duration_cast<std::chrono::milliseconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
    if (!view.day.empty() || !today)
      show_.print(place(room) + show_.colours.dim("— " + day + " —"));
    view.day = day;
  }
  show_.print(place(room) + *line);
}

void conversation::note(const std::string& room, const std::string& text) {
  show_.print(place(room) + show_.colours.dim("· " + text));
}

/// Names the room when it is not the one the person looks at.
std::string conversation::place(const std::string& room) const {
  return room.empty() || room == current_ ? std::string{} : show_.colours.dim('[' + shown_room(room, user_) + "] ");
}

void conversation::show_prompt() {
  show_.prompt((online_ ? std::string{} : "(offline) ") + (current_.empty() ? "" : shown_room(current_, user_)) + "> ");
}

} // namespace troupe::chat
