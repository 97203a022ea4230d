// How a guardian finds rooms in the cluster: by the last view, the links and what comes over them.
#include "actors/cluster/remote_room.hpp"
#include "actors/guardian.hpp"
#include "storage/faults.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::actors {

namespace {

/// A node that owns a room by our view but not by its own has an older view, or we have. One that cannot take the room
/// (it has too many, or may not serve for a while) says so for longer.
constexpr time_ms look_again_ms = 50;
constexpr time_ms look_again_ms_max = 1'000;

} // namespace

// -- where rooms are -------------------------------------------------------------------------

guardian::place guardian::place_of(const std::string& name) const {
  if (!view_)
    return {};
  const auto shard = storage::shard_of(name);
  const auto term = view_->shards[shard].term;
  if (view_->owns(shard))
    return {around_.options.node, term};
  const auto* owner = view_->owner_of(shard);
  if (!owner)
    return {};
  const auto peer = peers_.find(owner->row.node);
  if (peer == peers_.end() || peer->second.incarnation != owner->row.incarnation)
    return {};
  return {owner->row.node, term};
}

/// The relay gets the room as the view has it: the same one, another, or none for now.
void guardian::follow(const std::string& name, hosted_room& hosted) {
  const auto to = place_of(name);
  if (hosted.room && hosted.at == to)
    return;
  if (!(hosted.at == to))
    hosted.look_after_ms = 0;
  if (hosted.room)
    end_room(name, hosted);
  if (!hosted.relay || hosted.quarantined || to.node.empty())
    return;
  if (to.node == around_.options.node) {
    start_room(name, hosted);
  } else {
    hosted.at = to;
    hosted.room = spawn_on<remote_room>(unit(), name, to.term, peers_.find(to.node)->second.link);
  }
  introduce(hosted);
}

/// Everybody who talks with it hears so, and finds it again by the view.
void guardian::end_room(const std::string& name, hosted_room& hosted) {
  const bool here = is_here(hosted);
  watched_.erase(hosted.room.id());
  send_exit(hosted.room, caf::exit_reason::user_shutdown);
  hosted.room = nullptr;
  if (here) {
    around_.log_for(around_.patterns.policy_for(name)).release(name);
    around_.counters.rooms.fetch_sub(1, std::memory_order_relaxed);
    for (const auto& node : std::exchange(hosted.relays_elsewhere, {}))
      say_ended(name, node, hosted.at.term, from_room::absence::away);
  }
  if (hosted.relay)
    tell(hosted, to_relay::room_down{from_room::absence::away});
}

void guardian::see(const new_view& what) {
  const auto before = std::exchange(view_, what.view);
  std::vector<std::string> unused;
  for (auto& [name, hosted] : rooms_) {
    const auto shard = storage::shard_of(name);
    const bool moved = !before || before->owns(shard) != view_->owns(shard) ||
                       before->shards[shard] != view_->shards[shard] || before->nodes != view_->nodes || !hosted.room;
    if (!moved)
      continue;
    follow(name, hosted);
    if (!hosted.relay && !hosted.room)
      unused.push_back(name);
  }
  for (const auto& name : unused)
    forget_if_unused(name);
}

void guardian::see(peer_changed& what) {
  const auto known = peers_.find(what.node);
  if (known != peers_.end() && known->second.incarnation > what.incarnation)
    return; // The link to an earlier start of that node, which has heard of its end only now.
  if (what.link)
    peers_[what.node] = {what.incarnation, caf::actor_cast<link_actor>(what.link), what.pages};
  else
    peers_.erase(what.node);
  for (auto& [name, hosted] : rooms_) {
    if (!what.link && is_here(hosted) && std::erase(hosted.relays_elsewhere, what.node) > 0 &&
        !storage::planted(storage::plant::stale_presence))
      send(hosted.room, to_room::command{to_room::lost{what.node}});
    if (hosted.room && hosted.at.node == what.node)
      end_room(name, hosted); // Its stand-in holds the link as it was.
    if (!hosted.room)
      follow(name, hosted);
  }
}

// -- what comes over the links ------------------------------------------------------------------

void guardian::say_ended(const std::string& name, const std::string& node, storage::term_t term,
                         from_room::absence why) {
  const auto peer = peers_.find(node);
  if (peer != peers_.end())
    send(peer->second.link, encode_item(for_relay{name, term, from_room::ended{why}}));
}

void guardian::pass_on(to_room_of& what) {
  const auto at = place_of(what.room);
  const bool here = at.node == around_.options.node && at.term == what.term;
  const auto known = rooms_.find(what.room);
  if (!here)
    return say_ended(what.room, what.node, what.term, from_room::absence::away);
  if (known == rooms_.end() && !may_open_another())
    return say_ended(what.room, what.node, what.term, from_room::absence::full);
  if (known != rooms_.end() && known->second.quarantined)
    return say_ended(what.room, what.node, what.term, from_room::absence::quarantined);
  const auto is_attached = [&](const hosted_room& hosted) {
    const auto& relays = hosted.relays_elsewhere;
    return std::find(relays.begin(), relays.end(), what.node) != relays.end();
  };
  const bool attaches = std::holds_alternative<to_room::attach>(what.what);
  if (!attaches && (known == rooms_.end() || !known->second.room || !is_attached(known->second)))
    return say_ended(what.room, what.node, what.term,
                     from_room::absence::away); // It speaks to the room as it was before a crash.
  auto& hosted = known == rooms_.end() ? rooms_[what.room] : known->second;
  if (!hosted.room)
    start_room(what.room, hosted);
  if (std::holds_alternative<to_room::detach>(what.what))
    std::erase(hosted.relays_elsewhere, what.node);
  else if (!is_attached(hosted))
    hosted.relays_elsewhere.push_back(what.node);
  send(hosted.room, std::move(what.what));
}

void guardian::pass_on(to_relay_from& what) {
  const auto i = rooms_.find(what.room);
  if (i == rooms_.end() || !i->second.relay || !i->second.room || i->second.at != place{what.node, what.term})
    return;
  auto& hosted = i->second;
  const auto* ended = std::get_if<from_room::ended>(&what.what);
  if (!ended) {
    hosted.look_after_ms = 0;
    send(hosted.relay, to_relay::command{to_relay::heard{std::move(what.what)}});
    return;
  }
  send_exit(hosted.room, caf::exit_reason::user_shutdown);
  hosted.room = nullptr;
  tell(hosted, to_relay::room_down{ended->why});
  if (ended->why != from_room::absence::quarantined)
    look_again_soon(what.room, hosted);
}

// -- moving ------------------------------------------------------------------------------------------

void guardian::settle(storage::shard_id shard) {
  for (auto& [name, hosted] : rooms_)
    if (storage::shard_of(name) == shard && is_here(hosted))
      end_room(name, hosted);
  if (around_.membership)
    send(around_.membership, to_ownership::command{to_ownership::settled{shard}});
}

void guardian::lost(const lost_room& what) {
  const auto i = rooms_.find(what.room);
  if (i == rooms_.end() || !is_here(i->second) || i->second.at.term != what.term)
    return;
  end_room(what.room, i->second);
  look_again_soon(what.room, i->second);
}

/// The view may be old: the store is asked, and the room looked for once more. Each time in vain the wait is doubled; a
/// new view ends it.
void guardian::look_again_soon(const std::string& name, hosted_room& hosted) {
  if (around_.membership)
    send(around_.membership, to_ownership::command{to_ownership::hint{}});
  hosted.look_after_ms = std::clamp(hosted.look_after_ms * 2, look_again_ms, look_again_ms_max);
  look_at(name, around_.now() + hosted.look_after_ms);
}

void guardian::look_at(const std::string& name, time_ms when) {
  if (unfound_.empty())
    remind(look_again_ms, {});
  unfound_.push_back({name, when});
}

void guardian::look_for_rooms() {
  const auto now = around_.now();
  const auto due =
    std::partition(unfound_.begin(), unfound_.end(), [&](const unfound_room& one) { return one.at > now; });
  const std::vector<unfound_room> found{std::make_move_iterator(due), std::make_move_iterator(unfound_.end())};
  unfound_.erase(due, unfound_.end());
  if (!unfound_.empty())
    remind(look_again_ms, {});
  for (const auto& [name, at] : found) {
    const auto i = rooms_.find(name);
    if (i == rooms_.end())
      continue;
    if (!i->second.room)
      follow(name, i->second);
    forget_if_unused(name);
  }
}

} // namespace troupe::actors
