#include "actors/relay.hpp"

#include "protocol/chain.hpp"
#include "protocol/codec.hpp"
#include "storage/faults.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

template <class Message>
shared_frame encode(const Message& what) {
  thread_local std::string buffer;
  buffer.clear();
  protocol::encode_json(buffer, what);
  return frame::make(buffer);
}

std::optional<seq_t> if_any(seq_t seq) { return seq == 0 ? std::nullopt : std::optional{seq}; }

frame_class class_of(const protocol::server::presence&) { return frame_class::presence; }
frame_class class_of(const protocol::server::typing&) { return frame_class::typing; }
frame_class class_of(const protocol::server::marks&) { return frame_class::marks; }
frame_class class_of(const protocol::server::head&) { return frame_class::marks; }

} // namespace

relay::relay(caf::actor_config& config, actor_unit& unit, services& around, std::string room, guardian_actor guardian)
  : unit_actor(config, unit), around_(around), guardian_(std::move(guardian)),
    core_(around.options.node, std::move(room)) {}

relay::behavior_type relay::make_behavior() {
  return {
    [this](to_relay::command& what) {
      if (!std::holds_alternative<to_relay::heard>(what))
        ++taken_;
      take(std::move(what));
    },
    [this](const new_room& what) { room_ = caf::actor_cast<room_actor>(what.room); },
    [this](const alarm_rang& what) {
      if (alarm_.rang(*this, what, around_.now()))
        take(to_relay::wake{});
    },
    [this](const survey_room& what) { report(what); },
  };
}

void relay::on_exit() {
  guardian_ = nullptr;
  room_ = nullptr;
}

/// From the guardian's word that the room is gone to the first answer of the one that replaces it.
void relay::time_absence(const to_relay::command& what) {
  if (std::holds_alternative<to_relay::room_down>(what) && !away_since_)
    away_since_ = std::chrono::steady_clock::now();
  const auto* heard = std::get_if<to_relay::heard>(&what);
  if (!away_since_ || !heard || !std::holds_alternative<from_room::attached>(heard->what))
    return;
  const auto away = std::chrono::steady_clock::now() - *std::exchange(away_since_, std::nullopt);
  around_.counters.rooms_rebuilt.fetch_add(1, std::memory_order_relaxed);
  around_.counters.room_rebuild_us.fetch_add(
    static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(away).count()),
    std::memory_order_relaxed);
}

void relay::take(to_relay::command what) {
  if (const auto* sent = std::get_if<to_relay::send>(&what);
      sent && storage::planted(storage::plant::relay_throws) && sent->body.find("kaboom") != std::string::npos)
    throw std::runtime_error("kaboom");
  time_absence(what);
  heard_us_ = std::holds_alternative<to_relay::heard>(what) ? steady_us() : 0;
  for (auto& effect : core_.apply(std::move(what), around_.now()))
    std::visit([this](auto& one) { carry_out(one); }, effect);
  flush();
}

void relay::carry_out(relay_does::tell_room& what) {
  if (room_)
    send(room_, std::move(what.what));
}

void relay::carry_out(relay_does::deliver& what) {
  auto& r = what.record;
  // Erased since, when it comes from the log: the digest keeps the chain whole.
  const auto salt = r.redacted ? std::string{} : protocol::to_hex(r.salt);
  const auto digest = r.redacted ? std::optional{protocol::to_hex(r.digest)} : std::nullopt;
  delivery_item item;
  for (const auto& waiting : what.acks) {
    const bool again = std::any_of(item.acks.begin(), item.acks.end(),
                                   [&](const auto& a) { return a.connection == waiting.connection; });
    protocol::server::ack ack{
      waiting.re, core_.room(), r.cid, what.epoch, r.seq, r.time, salt, protocol::to_hex(r.chain), again, what.durable};
    item.acks.push_back({waiting.connection, waiting.re, encode(ack)});
  }
  item.what = {encode(protocol::server::message{core_.room(), what.epoch, r.seq, std::move(r.user), std::move(r.cid),
                                                r.time, std::move(r.kind), std::move(r.body), salt, if_any(r.reply_to),
                                                if_any(r.target), digest}),
               frame_class::message, r.seq};
  batch_.push_back(std::move(item));
  // A test's bug: two neighbours change places.
  if (batch_.size() >= 2 && storage::planted(storage::plant::order_swap))
    std::swap(batch_[batch_.size() - 1], batch_[batch_.size() - 2]);
}

void relay::carry_out(relay_does::spread& what) {
  std::visit(
    [&](const auto& news) {
      delivery_item item;
      item.what = {encode(news), class_of(news), 0};
      if constexpr (requires { news.version; })
        item.what.seq = news.version;
      item.except = std::move(what.except);
      batch_.push_back(std::move(item));
    },
    what.what);
}

/// What was batched before an answer goes out before it, also to somebody who is no member by now.
void relay::carry_out(relay_does::reply& what) {
  const auto thread = io_thread_of(what.connection);
  flush(thread);
  if (thread >= around_.fanouts.size())
    return;
  std::visit(
    [&](auto& answer) {
      send(around_.fanouts[thread], for_connection{what.connection, std::move(answer)});
    },
    what.what);
}

/// Whoever listens, member or not yet: nothing of the old log is to follow a `joined` of the new one.
void relay::carry_out(relay_does::restart&) {
  flush();
  const auto shared = std::make_shared<const delivery>(delivery{core_.room(), {}, 0, true});
  for (const auto& fanout : around_.fanouts)
    send(fanout, shared);
}

void relay::carry_out(relay_does::wake_at& what) { alarm_.set(*this, what.time, around_.now()); }

void relay::carry_out(relay_does::retire&) { send(guardian_, idle_relay{core_.room(), taken_}); }

void relay::flush(std::optional<std::size_t> also) {
  if (batch_.empty())
    return;
  std::vector<bool> wanted(around_.fanouts.size(), false);
  const auto& members = core_.members_by_thread();
  for (std::size_t thread = 0; thread < wanted.size() && thread < members.size(); ++thread)
    wanted[thread] = members[thread] > 0;
  if (also && *also < wanted.size())
    wanted[*also] = true;
  for (const auto& item : batch_)
    for (const auto& ack : item.acks)
      if (io_thread_of(ack.connection) < wanted.size())
        wanted[io_thread_of(ack.connection)] = true;
  const auto shared = std::make_shared<const delivery>(delivery{core_.room(), std::exchange(batch_, {}), heard_us_});
  for (std::size_t thread = 0; thread < wanted.size(); ++thread)
    if (wanted[thread])
      send(around_.fanouts[thread], shared);
}

void relay::report(const survey_room& what) const {
  what.into->report.relay = relay_health{core_.ready(), core_.last(), static_cast<std::uint32_t>(core_.members()),
                                         static_cast<std::uint32_t>(core_.waiting()), what.waited_us()};
}

} // namespace troupe::actors
