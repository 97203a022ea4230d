#include "actors/waiting_sends.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::actors {

namespace {

std::string key_of(const std::string& user, const std::string& cid) { return user + '\n' + cid; }

} // namespace

void waiting_sends::add(waiting_send what) {
  what.number = ++added_;
  ++size_;
  by_cid_[key_of(what.what.user, what.what.cid)].push_back(std::move(what));
}

std::vector<awaited_ack> waiting_sends::take(const std::string& user, const std::string& cid) {
  std::vector<awaited_ack> acks;
  if (by_cid_.empty())
    return acks;
  const auto i = by_cid_.find(key_of(user, cid));
  if (i == by_cid_.end())
    return acks;
  for (const auto& w : i->second)
    acks.push_back(w.who);
  size_ -= acks.size();
  by_cid_.erase(i);
  return acks;
}

std::vector<waiting_send> waiting_sends::take(connection_id connection, const std::string& user,
                                              const std::string& cid) {
  std::vector<waiting_send> taken;
  const auto i = by_cid_.find(key_of(user, cid));
  if (i == by_cid_.end())
    return taken;
  auto& attempts = i->second;
  const auto mine = std::stable_partition(attempts.begin(), attempts.end(),
                                          [&](const auto& w) { return w.who.connection != connection; });
  std::move(mine, attempts.end(), std::back_inserter(taken));
  attempts.erase(mine, attempts.end());
  size_ -= taken.size();
  if (attempts.empty())
    by_cid_.erase(i);
  return taken;
}

template <class Which>
std::vector<waiting_send> waiting_sends::take_if(Which which) {
  std::vector<waiting_send> taken;
  for (auto i = by_cid_.begin(); i != by_cid_.end();) {
    auto& attempts = i->second;
    const auto those =
      std::stable_partition(attempts.begin(), attempts.end(), [&](const auto& w) { return !which(w); });
    std::move(those, attempts.end(), std::back_inserter(taken));
    attempts.erase(those, attempts.end());
    i = attempts.empty() ? by_cid_.erase(i) : std::next(i);
  }
  size_ -= taken.size();
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return taken;
}

void waiting_sends::drop(connection_id connection) {
  take_if([&](const auto& w) { return w.who.connection == connection; });
}

std::vector<waiting_send> waiting_sends::take_older(time_ms time) {
  return take_if([&](const auto& w) { return w.since <= time; });
}

std::vector<waiting_send> waiting_sends::take_doubtful() {
  return take_if([](const auto& w) { return w.doubtful; });
}

std::vector<waiting_send> waiting_sends::take_all() {
  return take_if([](const auto&) { return true; });
}

void waiting_sends::room_gone(bool crashed) {
  for (auto& [key, attempts] : by_cid_)
    for (auto& w : attempts) {
      w.doubtful = w.doubtful || (w.told && crashed);
      w.told = false;
    }
}

std::vector<to_room::submit> waiting_sends::tell() {
  std::vector<waiting_send*> untold;
  for (auto& [key, attempts] : by_cid_)
    for (auto& w : attempts)
      if (!w.told)
        untold.push_back(&w);
  std::sort(untold.begin(), untold.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
  std::vector<to_room::submit> all;
  for (auto* w : untold) {
    w->told = true;
    all.push_back(w->what);
  }
  return all;
}

} // namespace troupe::actors
