#include "actors/fanout_table.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

void fanout_table::enter(connection_id id, addressee& who) { all_[id] = &who; }

void fanout_table::leave(connection_id id) { all_.erase(id); }

void fanout_table::subscribe(connection_id id, const std::string& room, subscription& to) {
  const auto who = all_.find(id);
  if (who != all_.end())
    rooms_[room].listeners.push_back({id, who->second, &to});
}

void fanout_table::unsubscribe(connection_id id, const std::string& room) {
  const auto i = rooms_.find(room);
  if (i == rooms_.end())
    return;
  auto& listeners = i->second.listeners;
  const auto mine = std::find_if(listeners.begin(), listeners.end(), [&](const auto& l) { return l.id == id; });
  if (mine == listeners.end())
    return;
  *mine = listeners.back();
  listeners.pop_back();
  if (listeners.empty())
    rooms_.erase(i);
}

recent_times* fanout_table::deliver(const delivery& batch) {
  // A listener that overflows is closed later, on its own turn, so the lists stay as they are meanwhile.
  const auto i = rooms_.find(batch.room);
  const auto* listeners = i == rooms_.end() ? nullptr : &i->second.listeners;
  if (batch.restarts && listeners)
    for (const auto& l : *listeners)
      l.who->restart(batch.room, *l.to);
  for (const auto& item : batch.items)
    deliver_item(item, listeners);
  return listeners ? &i->second.fan_out : nullptr;
}

void fanout_table::deliver_item(const delivery_item& item, const std::vector<listener>* listeners) {
  const auto awaited = [&](connection_id id) {
    return std::any_of(item.acks.begin(), item.acks.end(), [&](const auto& a) { return a.connection == id; });
  };
  if (listeners)
    for (const auto& l : *listeners) {
      if (!item.acks.empty() && awaited(l.id))
        continue;
      if (!item.except.empty() && l.who->user() == item.except)
        continue;
      ++delivered_;
      l.who->deliver(*l.to, item.what);
    }
  for (const auto& ack : item.acks) {
    const auto who = all_.find(ack.connection);
    if (who == all_.end())
      continue;
    subscription* of = nullptr;
    if (listeners) {
      const auto l = std::find_if(listeners->begin(), listeners->end(),
                                  [&](const auto& candidate) { return candidate.id == ack.connection; });
      if (l != listeners->end())
        of = l->to;
    }
    ++delivered_;
    who->second->acked(ack.re, of, {ack.frame, frame_class::answer, item.what.seq});
  }
}

void fanout_table::answer(for_connection what) {
  const auto who = all_.find(what.connection);
  if (who != all_.end())
    who->second->hear(std::move(what.what));
}

listeners_health fanout_table::report(const std::string& room, time_ms now) const {
  listeners_health health;
  const auto i = rooms_.find(room);
  if (i == rooms_.end())
    return health;
  const auto& listeners = i->second.listeners;
  health.listeners = static_cast<std::uint32_t>(listeners.size());
  health.gapped = static_cast<std::uint32_t>(std::count_if(
    listeners.begin(), listeners.end(), [](const auto& l) { return l.to->where() == subscription::state::gapped; }));
  health.fan_out = i->second.fan_out.summary(now);
  return health;
}

void fanout_table::expel(const expulsion& what) {
  const auto i = rooms_.find(what.room);
  if (i == rooms_.end())
    return;
  std::vector<addressee*> leaving;
  for (const auto& l : i->second.listeners)
    leaving.push_back(l.who);
  for (auto* who : leaving)
    who->hear(to_connection::expelled{what.room, what.reason});
}

} // namespace troupe::actors
