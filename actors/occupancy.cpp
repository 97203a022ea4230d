#include "actors/occupancy.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

/// Versions start at the time of the activation in these units, so that a later activation
/// starts above an earlier one and all of it stays an exact integer in JavaScript.
constexpr std::uint64_t versions_per_ms = 1024;

} // namespace

occupancy::occupancy(std::int64_t grace_ms, std::uint32_t users_max, occupancy_state start)
  : grace_ms_(grace_ms), users_max_(users_max), state_(std::move(start)) {}

void occupancy::start(time_ms now) {
  state_.version = std::max(state_.version, static_cast<std::uint64_t>(now) * versions_per_ms);
}

void occupancy::rebuild(time_ms now) {
  if (state_.snapshot_at == 0)
    state_.snapshot_at = now + grace_ms_ + 1;
}

void occupancy::enter(const std::string& user, time_ms now) {
  const auto [who, is_new] = state_.users.try_emplace(user, 0);
  if (++who->second == 1)
    state_.leaving.erase(user);
  if (!is_new)
    return;
  state_.joined.push_back(user);
  changed(now);
}

void occupancy::leave(const std::string& user, std::string why, time_ms now) {
  auto i = state_.users.find(user);
  if (i == state_.users.end() || i->second == 0 || --i->second > 0)
    return;
  const auto leaves_at = why == "left" ? now : now + grace_ms_;
  state_.leaving.insert_or_assign(user, departing{leaves_at, std::move(why)});
}

std::uint32_t occupancy::sessions_of(const std::string& user) const {
  const auto i = state_.users.find(user);
  return i == state_.users.end() ? 0 : i->second;
}

void occupancy::pass(time_ms now, room_effects& out, const std::string& room) {
  for (auto i = state_.leaving.begin(); i != state_.leaving.end();) {
    auto& [user, who] = *i;
    if (who.leaves_at > now) {
      ++i;
      continue;
    }
    // Who came and went between two announcements was never seen by anybody.
    if (std::erase(state_.joined, user) == 0)
      state_.left.push_back({user, std::move(who.why)});
    state_.users.erase(user);
    i = state_.leaving.erase(i);
    changed(now);
  }
  if (state_.snapshot_at != 0 && state_.snapshot_at <= now) {
    state_.snapshot_at = 0;
    state_.announce_at = 0;
    state_.last_announced = now;
    state_.joined.clear();
    state_.left.clear();
    ++state_.version;
    out.emplace_back(room_does::tell{"", from_room::presence_changed{snapshot(room)}});
    return;
  }
  if (state_.announce_at == 0 || state_.announce_at > now)
    return;
  state_.announce_at = 0;
  state_.last_announced = now;
  if (state_.joined.empty() && state_.left.empty())
    return;
  ++state_.version;
  if (state_.users.size() > users_max_) {
    out.emplace_back(room_does::tell{"", from_room::presence_changed{snapshot(room)}});
  } else {
    protocol::server::presence change;
    change.room = room;
    change.version = state_.version;
    if (!state_.joined.empty())
      change.join = std::move(state_.joined);
    if (!state_.left.empty())
      change.leave = std::move(state_.left);
    out.emplace_back(room_does::tell{"", from_room::presence_changed{std::move(change)}});
  }
  state_.joined.clear();
  state_.left.clear();
}

time_ms occupancy::next() const {
  time_ms soonest = state_.announce_at;
  if (state_.snapshot_at != 0 && (soonest == 0 || state_.snapshot_at < soonest))
    soonest = state_.snapshot_at;
  for (const auto& [user, who] : state_.leaving)
    if (soonest == 0 || who.leaves_at < soonest)
      soonest = who.leaves_at;
  return soonest;
}

void occupancy::changed(time_ms now) {
  if (state_.announce_at == 0)
    state_.announce_at = std::max(now, state_.last_announced + interval_ms());
}

/// A change goes to everybody: with n people, changes of all of them cost n², so they are
/// told together, at most a few times a second in big rooms.
std::int64_t occupancy::interval_ms() const {
  constexpr std::size_t small_room = 16;
  const auto people = state_.users.size();
  if (people <= small_room)
    return 0;
  return std::min<std::int64_t>(2'000, 50 + static_cast<std::int64_t>(people));
}

std::vector<std::string> occupancy::sample() const {
  std::vector<std::string> users;
  users.reserve(std::min<std::size_t>(state_.users.size(), users_max_));
  for (const auto& [user, sessions] : state_.users) {
    if (users.size() >= users_max_)
      break;
    users.push_back(user);
  }
  return users;
}

protocol::server::presence occupancy::snapshot(const std::string& room) const {
  protocol::server::presence all;
  all.room = room;
  all.version = state_.version;
  all.users = sample();
  all.count = static_cast<std::uint32_t>(state_.users.size());
  return all;
}

protocol::server::presence_now occupancy::now_present() const { return {state_.version, sample()}; }

} // namespace troupe::actors
