#include "actors/guardian.hpp"

#include "actors/relay.hpp"
#include "actors/room.hpp"
#include "actors/sequencer.hpp"
#include "actors/user.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

guardian::guardian(caf::actor_config& config, actor_unit& unit, services& around, std::size_t thread)
  : unit_actor(config, unit), around_(around), thread_(thread), peers_(*around.peers[thread]) {
  set_down_handler([this](caf::down_msg& what) { crashed(what); });
}

guardian::behavior_type guardian::make_behavior() {
  return {
    [this](to_relay_of& what) { pass_on(what); },
    [this](to_user_of& what) { pass_on(what); },
    [this](const notify_users& what) { notify(what); },
    [this](const idle_relay& what) { let_go(what); },
    [this](const idle_room& what) { let_go(what); },
    [this](const idle_user& what) { let_go(what); },
    [this](const lost_room& what) { lost(what); },
    [this](shut_down) { end_all(); },
    [this](const new_view& what) { see(what); },
    [this](peer_changed& what) { see(what); },
    [this](to_room_of& what) { pass_on(what); },
    [this](to_relay_from& what) { pass_on(what); },
    [this](const settle_shard& what) { settle(what.shard); },
    [this](alarm_rang) { look_for_rooms(); },
    [this](const survey_room& what) { report(what); },
    [this](const new_chains& what) {
      if (const auto& mine = around_.chains_of[thread_])
        mine->set(what.options);
    },
    [this](const survey_chains& what) {
      if (const auto& mine = around_.chains_of[thread_])
        what.into->report[thread_] = mine->report();
    },
  };
}

void guardian::on_exit() {
  rooms_.clear();
  users_.clear();
  peers_.clear();
}

// -- passing on ------------------------------------------------------------------------------

void guardian::pass_on(to_relay_of& what) {
  const bool farewell =
    std::holds_alternative<to_relay::gone>(what.what) || std::holds_alternative<to_relay::withdraw>(what.what);
  auto known = rooms_.find(what.room);
  if (known == rooms_.end() || !known->second.relay) {
    if (farewell)
      return;
    if (!open(what.room))
      return turn_away(what, protocol::code::overloaded, "too many rooms are active: try again later");
    known = rooms_.find(what.room);
  }
  tell(known->second, std::move(what.what));
}

void guardian::pass_on(to_user_of& what) {
  const auto at = users_.try_emplace(what.user).first;
  auto& hosted = at->second;
  if (!hosted.user) {
    if (std::holds_alternative<to_user::sign_out>(what.what)) {
      users_.erase(what.user);
      return;
    }
    hosted.user = spawn_on<user>(unit(), around_, what.user, guardian_actor{this});
    monitor(hosted.user);
    watched_[hosted.user.id()] = &at->first;
    around_.counters.users.fetch_add(1, std::memory_order_relaxed);
  }
  ++hosted.sent;
  send(hosted.user, std::move(what.what));
}

void guardian::notify(const notify_users& what) {
  for (const auto& who : what.what->users) {
    const auto i = users_.find(who.user);
    if (i == users_.end() || !i->second.user)
      continue;
    std::uint32_t joined = 0;
    for (const auto& at : who.joined)
      if (at.relay == around_.options.node)
        joined = at.connections;
    ++i->second.sent;
    send(i->second.user, to_user::command{to_user::activity{what.room, what.what->seq, what.what->from, joined}});
  }
}

void guardian::tell(hosted_room& hosted, to_relay::command what) {
  ++hosted.sent;
  send(hosted.relay, std::move(what));
}

void guardian::turn_away(const to_relay_of& to, protocol::code why, const std::string& message) {
  auto error = refusal(why, message, protocol::retry::after, 1'000);
  connection_id connection = 0;
  bool hello = false; // A room of it has no number: it is told as the end of the membership.
  if (const auto* sent = std::get_if<to_relay::send>(&to.what)) {
    connection = sent->connection;
    error.re = sent->re;
    error.cid = sent->cid;
  } else if (const auto* asked = std::get_if<to_relay::ask>(&to.what)) {
    std::visit(
      [&](const auto& question) {
        connection = question.connection;
        if constexpr (requires { question.re; })
          error.re = question.re;
        hello = std::is_same_v<std::decay_t<decltype(question)>, to_room::join> && !error.re;
      },
      asked->what);
  }
  if (connection == 0 || io_thread_of(connection) >= around_.fanouts.size())
    return;
  const auto& fanout = around_.fanouts[io_thread_of(connection)];
  if (hello)
    send(fanout, for_connection{connection,
                                to_connection::expelled{to.room, boost::describe::enum_to_string(why, "internal")}});
  else
    send(fanout, for_connection{connection, std::move(error)});
}

// -- making and letting go ----------------------------------------------------------------------

bool guardian::may_open_another() const {
  return rooms_.size() < around_.options.room.rooms_max / around_.units.size() + 1;
}

guardian::hosted_room* guardian::open(const std::string& name) {
  if (!rooms_.count(name) && !may_open_another())
    return nullptr;
  auto& hosted = rooms_[name];
  start_relay(name, hosted);
  if (hosted.quarantined)
    tell(hosted, to_relay::room_down{from_room::absence::quarantined});
  else if (is_here(hosted))
    introduce(hosted);
  else
    follow(name, hosted);
  return &hosted;
}

/// A room and its relay, one of them new, get to know one another.
void guardian::introduce(hosted_room& hosted) {
  if (is_here(hosted))
    send(hosted.room, new_relay{caf::actor_cast<caf::strong_actor_ptr>(hosted.relay)});
  send(hosted.relay, new_room{caf::actor_cast<caf::strong_actor_ptr>(hosted.room)});
  tell(hosted, to_relay::room_up{});
}

void guardian::start_relay(const std::string& name, hosted_room& hosted) {
  hosted.sent = 0;
  hosted.relay = spawn_on<relay>(unit(), around_, name, guardian_actor{this});
  monitor(hosted.relay);
  watched_[hosted.relay.id()] = &rooms_.find(name)->first;
  around_.counters.relays.fetch_add(1, std::memory_order_relaxed);
}

void guardian::start_room(const std::string& name, hosted_room& hosted) {
  hosted.at = place_of(name);
  hosted.room = spawn_on<room>(unit(), around_, name, around_.patterns.policy_for(name), hosted.at.term,
                               guardian_actor{this}, hosted.relay);
  monitor(hosted.room);
  watched_[hosted.room.id()] = &rooms_.find(name)->first;
  around_.counters.rooms.fetch_add(1, std::memory_order_relaxed);
}

void guardian::let_go(const idle_relay& what) {
  const auto i = rooms_.find(what.room);
  if (i == rooms_.end() || !i->second.relay || i->second.sent != what.taken)
    return;
  auto& hosted = i->second;
  if (hosted.room)
    send(hosted.room, to_room::command{to_room::detach{around_.options.node}});
  watched_.erase(hosted.relay.id());
  send_exit(hosted.relay, caf::exit_reason::user_shutdown);
  hosted.relay = nullptr;
  around_.counters.relays.fetch_sub(1, std::memory_order_relaxed);
  forget_if_unused(what.room);
}

/// Without a relay here nobody needs a stand-in. That a room crashed is remembered as long as it counts.
void guardian::forget_if_unused(const std::string& name) {
  const auto i = rooms_.find(name);
  if (i == rooms_.end() || i->second.relay || is_here(i->second) || i->second.quarantined)
    return;
  const auto& crashes = i->second.crashes;
  if (!crashes.empty() && crashes.back() + around_.options.room.crash_window_s * 1'000LL > around_.now())
    return;
  if (i->second.room)
    send_exit(i->second.room, caf::exit_reason::user_shutdown);
  rooms_.erase(i);
}

void guardian::let_go(const idle_room& what) {
  const auto i = rooms_.find(what.room);
  if (i == rooms_.end() || i->second.relay || !is_here(i->second) || !i->second.relays_elsewhere.empty())
    return;
  end_room(what.room, i->second);
  rooms_.erase(i);
  around_.counters.passivations.fetch_add(1, std::memory_order_relaxed);
}

void guardian::let_go(const idle_user& what) {
  const auto i = users_.find(what.user);
  if (i == users_.end() || !i->second.user || i->second.sent != what.taken)
    return;
  watched_.erase(i->second.user.id());
  send_exit(i->second.user, caf::exit_reason::user_shutdown);
  users_.erase(i);
  around_.counters.users.fetch_sub(1, std::memory_order_relaxed);
}

// -- supervision ---------------------------------------------------------------------------------

void guardian::crashed(const caf::down_msg& what) {
  const auto id = what.source.id();
  const auto watched = watched_.find(id);
  if (watched == watched_.end() || ending_)
    return;
  const auto name = *watched->second;
  watched_.erase(watched);
  around_.counters.crashes.fetch_add(1, std::memory_order_relaxed);
  const auto hosted = rooms_.find(name);
  if (hosted != rooms_.end() && hosted->second.room && hosted->second.room.id() == id) {
    note_fault(name, "room", what.reason);
    return room_crashed(name, hosted->second);
  }
  if (hosted != rooms_.end() && hosted->second.relay && hosted->second.relay.id() == id) {
    note_fault(name, "relay", what.reason);
    return relay_crashed(name, hosted->second);
  }
  const auto user = users_.find(name);
  if (user != users_.end() && user->second.user && user->second.user.id() == id) {
    around_.warn("the actor of user " + name + " crashed; it is made anew when it is needed");
    users_.erase(user);
    around_.counters.users.fetch_sub(1, std::memory_order_relaxed);
  }
}

void guardian::room_crashed(const std::string& name, hosted_room& hosted) {
  const auto now = around_.now();
  const auto& limits = around_.options.room;
  hosted.room = nullptr;
  hosted.crashes.push_back(now);
  while (!hosted.crashes.empty() && hosted.crashes.front() + limits.crash_window_s * 1'000LL < now)
    hosted.crashes.pop_front();
  around_.counters.rooms.fetch_sub(1, std::memory_order_relaxed);
  if (hosted.crashes.size() >= limits.crashes_max) {
    hosted.quarantined = true;
    around_.counters.quarantines.fetch_add(1, std::memory_order_relaxed);
    around_.warn("QUARANTINE: room " + name + " crashed " + std::to_string(hosted.crashes.size()) + " times within " +
                 std::to_string(limits.crash_window_s) + " s and is closed until the node is restarted");
  }
  const auto why = hosted.quarantined ? from_room::absence::quarantined : from_room::absence::crashed;
  for (const auto& node : std::exchange(hosted.relays_elsewhere, {}))
    say_ended(name, node, hosted.at.term, why);
  if (hosted.relay)
    tell(hosted, to_relay::room_down{why});
  if (hosted.quarantined)
    return;
  around_.warn("room " + name + " crashed and is rebuilt from its log");
  if (hosted.relay)
    follow(name, hosted);
  else
    look_at(name, now + limits.crash_window_s * 1'000LL); // Relays of other nodes call it back at once.
}

/// The members are known to their connections only: they resume, and join the new relay.
void guardian::relay_crashed(const std::string& name, hosted_room& hosted) {
  around_.warn("the relay of room " + name + " crashed; its members are sent away to resume");
  around_.counters.relays.fetch_sub(1, std::memory_order_relaxed);
  hosted.relay = nullptr;
  if (hosted.room)
    send(hosted.room, to_room::command{to_room::detach{around_.options.node}});
  for (const auto& fanout : around_.fanouts)
    send(fanout, expulsion{name, "restarted"});
  forget_if_unused(name);
}

void guardian::end_all() {
  ending_ = true;
  for (auto& [name, hosted] : rooms_) {
    if (hosted.relay)
      send_exit(hosted.relay, caf::exit_reason::user_shutdown);
    if (hosted.room)
      send_exit(hosted.room, caf::exit_reason::user_shutdown);
  }
  for (auto& [name, hosted] : users_)
    send_exit(hosted.user, caf::exit_reason::user_shutdown);
  rooms_.clear();
  users_.clear();
  around_.chains_of[thread_].reset();
  quit();
}

} // namespace troupe::actors
