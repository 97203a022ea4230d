#include "actors/cluster/link.hpp"

#include "actors/open_questions.hpp"
#include "actors/sequencer.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::uint32_t kept_windows = 16;

link_limits limits_of(const config::cluster_options& options) {
  link_limits limits;
  limits.credit_bytes = options.link_bytes_max;
  // When a link comes up, everybody here attaches and asks anew at one time.
  limits.kept_bytes = std::uint64_t{kept_windows} * options.link_bytes_max;
  limits.waiting_bytes = options.link_bytes_max + limits.kept_bytes;
  return limits;
}

/// A quarter of what may wait.
std::size_t pages_at_a_time(const config::cluster_options& options) {
  return std::max<std::size_t>(1, options.link_bytes_max / 4 / protocol::limits::server_frame_bytes_max);
}

const char* const too_slow = "the link between this node and that of the room is full: try again a little later";

} // namespace

link::link(caf::actor_config& config, actor_unit& unit, services& around, storage::incarnation_t self, std::string node,
           storage::incarnation_t incarnation, mesh_actor mesh)
  : unit_actor(config, unit), around_(around), node_(std::move(node)), incarnation_(incarnation),
    mesh_(std::move(mesh)), core_(self, limits_of(around.options.cluster)),
    pages_(std::make_shared<page_turns>(pages_at_a_time(around.options.cluster))) {
  set_down_handler([this](const caf::down_msg& what) {
    if (peer_ && what.source == peer_.address())
      lose_peer();
  });
}

link::behavior_type link::make_behavior() {
  return {
    [this](const link_opened& what) { open(what); },
    [this](const shared_item& what) {
      take(to_link::send{what});
      // Many items of one turn are one envelope.
      if (mailbox().empty())
        take(to_link::flush{});
    },
    [this](frame_atom, const std::string& bytes) {
      if (std::exchange(awaits_caller_, false))
        take(to_link::opened{session_, incarnation_});
      take(to_link::received{bytes});
      if (mailbox().empty())
        take(to_link::flush{});
    },
    [this](bye_atom, std::uint64_t session) {
      if (session == session_)
        lose_peer();
    },
    [this](const alarm_rang& what) {
      if (alarm_.rang(*this, what, around_.now()))
        take(to_link::tick{});
    },
    [this](shut_down) {
      take(to_link::lost{});
      quit();
    },
    [this](const survey_links& what) { report(what); },
  };
}

void link::on_exit() {
  pages_->close();
  peer_ = nullptr;
  mesh_ = nullptr;
}

void link::open(const link_opened& what) {
  if (peer_)
    demonitor(peer_.address());
  peer_ = caf::actor_cast<link_actor>(what.peer);
  session_ = what.session;
  monitor(peer_);
  awaits_caller_ = what.called;
  if (awaits_caller_)
    take(to_link::lost{});
  else
    take(to_link::opened{what.session, what.incarnation});
}

void link::lose_peer() {
  demonitor(peer_.address());
  peer_ = nullptr;
  session_ = 0;
  awaits_caller_ = false;
  take(to_link::lost{});
  send(mesh_, link_lost{node_});
}

void link::report(const survey_links& what) const {
  auto& report = what.into->report.links.at(what.part);
  report.up = core_.is_up();
  report.waiting_bytes = core_.waiting_bytes();
  report.unacked_bytes = core_.unacked_bytes();
  report.rooms_behind = core_.rooms_behind();
  report.counters = core_.counters();
}

void link::take(const to_link::input& what) {
  for (auto& effect : core_.apply(what, around_.now()))
    std::visit([this](auto& one) { carry_out(one); }, effect);
}

// -- to the other end -------------------------------------------------------------------------

void link::carry_out(link_does::transmit& what) {
  if (peer_)
    send(peer_, frame_atom::value, std::move(what.bytes));
}

void link::carry_out(link_does::up&) {
  tell_guardians(caf::actor_cast<caf::strong_actor_ptr>(this));
  if (around_.membership)
    send(around_.membership, to_ownership::command{to_ownership::peer_up{node_, incarnation_}});
}

void link::carry_out(link_does::down&) {
  pages_->forget(); // Their relays ask again.
  tell_guardians(nullptr);
  if (around_.membership)
    send(around_.membership, to_ownership::command{to_ownership::peer_down{node_, incarnation_}});
}

void link::tell_guardians(const caf::strong_actor_ptr& self) {
  for (const auto& guardian : around_.guardians)
    send(guardian, peer_changed{node_, incarnation_, self, pages_});
}

void link::carry_out(link_does::reset& what) {
  around_.warn("the link to node " + node_ + " starts anew: " + what.detail);
  if (!peer_)
    return;
  send(peer_, bye_atom::value, session_);
  lose_peer();
}

/// Without a session the guardians know, and relays wait.
void link::carry_out(link_does::refused& what) {
  if (what.why == link_does::refusal::closed)
    return;
  const auto item = decode_item(*what.what);
  if (const auto* command = std::get_if<for_room>(&item))
    turn_away(*command);
  else if (const auto* news = std::get_if<for_relay>(&item))
    turn_away(*news);
}

/// What somebody here wants of a room over there.
void link::turn_away(const for_room& what) {
  auto why = refusal(protocol::code::overloaded, too_slow, protocol::retry::after, 1'000);
  const auto tell = [&](from_room::news news) {
    send(guardian_of(what.room), to_relay_from{what.room, what.term, node_, std::move(news)});
  };
  if (const auto* sent = std::get_if<to_room::submit>(&what.what)) {
    why.cid = sent->cid;
    tell(from_room::refused{sent->connection, sent->user, sent->cid, why});
  } else if ((why.re = request_of(what.what))) {
    tell(from_room::answered{asker_of(what.what), why});
  }
}

/// What somebody over there wanted of a room here.
void link::turn_away(const for_relay& what) {
  const auto* answer = std::get_if<from_room::answered>(&what.what);
  const auto* presence = answer ? std::get_if<protocol::server::presence>(&answer->answer) : nullptr;
  if (!presence || !presence->re)
    return;
  auto why = refusal(protocol::code::overloaded, too_slow, protocol::retry::after, 1'000);
  why.re = presence->re;
  take(to_link::send{encode_item(for_relay{what.room, what.term, from_room::answered{answer->connection, why}})});
}

void link::carry_out(link_does::wake_at& what) { alarm_.set(*this, what.time, around_.now()); }

// -- from the other end -------------------------------------------------------------------------

void link::carry_out(link_does::deliver& what) {
  std::visit([this](auto& item) { hand_over(item); }, what.what);
}

/// Whatever the item says, it is a relay of the node at the other end.
void link::hand_over(for_room& what) {
  std::visit(
    [&](auto& command) {
      if constexpr (requires { command.relay; })
        command.relay = node_;
    },
    what.what);
  const auto& guardian = guardian_of(what.room);
  send(guardian, to_room_of{std::move(what.room), what.term, node_, std::move(what.what)});
}

void link::hand_over(for_relay& what) {
  const auto& guardian = guardian_of(what.room);
  send(guardian, to_relay_from{std::move(what.room), what.term, node_, std::move(what.what)});
}

void link::hand_over(for_users& what) {
  const auto shared =
    std::make_shared<const room_does::notify>(room_does::notify{what.seq, std::move(what.from), std::move(what.users)});
  for (const auto& guardian : around_.guardians)
    send(guardian, notify_users{what.room, shared});
}

void link::hand_over(look&) {
  if (around_.membership)
    send(around_.membership, to_ownership::command{to_ownership::hint{}});
}

} // namespace troupe::actors
