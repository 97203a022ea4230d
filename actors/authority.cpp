#include "actors/authority.hpp"

#include "actors/sequencer.hpp"
#include "protocol/described.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::moderation;
using protocol::retry;
using protocol::role;

namespace {

/// People of one room of whom its log says something: a role, a ban, a mute.
constexpr std::size_t people_max = 10'000;

constexpr time_ms for_ever = static_cast<time_ms>(protocol::limits::integer_max);

bool is_message(std::string_view kind) { return kind == "text" || kind.starts_with("x-"); }

/// "until 2026-11-23 10:15 UTC", or "for ever".
std::string until(time_ms time) {
  if (time >= for_ever)
    return "for ever";
  const auto seconds = static_cast<std::time_t>((time + 999) / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "until %Y-%m-%d %H:%M:%S UTC", &parts)};
}

protocol::server::error banned(time_ms end) {
  return refusal(code::forbidden, "you are banned from this room " + until(end), retry::never);
}

} // namespace

protocol::server::error not_yours() {
  return refusal(code::not_found, "there is no such room for you: check its name and who you are signed in as",
                 retry::never);
}

role authority::role_of(const std::string& user, std::optional<role> granted, time_ms now) const {
  if (granted == role::banned)
    return role::banned;
  if (rules_.direct)
    return role::member;
  const auto row = state_.roles.find(user);
  if (row != state_.roles.end() && row->second.banned_until > now)
    return role::banned;
  if (row != state_.roles.end() && !row->second.role.empty())
    return protocol::enum_from<role>(row->second.role).value_or(role::none);
  if (user == state_.founder)
    return role::owner;
  return role_at_first(granted);
}

bool authority::muted(const std::string& user, time_ms now) const {
  const auto row = state_.roles.find(user);
  return row != state_.roles.end() && row->second.muted_until > now;
}

std::optional<protocol::server::error> authority::turned_away(const std::string& user, std::optional<role> granted,
                                                              time_ms now) const {
  const auto mine = role_of(user, granted, now);
  if (mine > role::none)
    return std::nullopt;
  if (mine == role::none || rules_.default_role == role::none || rules_.direct)
    return not_yours();
  if (granted == role::banned)
    return refusal(code::forbidden, token_bans, retry::never);
  return banned(state_.roles.find(user)->second.banned_until);
}

bool authority::outranks(const std::string& user, std::optional<role> granted, const std::string& other,
                         time_ms now) const {
  const auto mine = role_of(user, granted, now);
  return !rules_.direct && (mine == role::owner || (mine == role::moderator && role_of(other, {}, now) < mine));
}

std::optional<protocol::server::error> authority::judge(const to_room::submit& what, time_ms now,
                                                        const std::vector<storage::record>& earlier) const {
  if (auto why = turned_away(what.user, what.granted, now))
    return why;
  if (what.kind == system_kind)
    return judge_order(what, now);
  const auto mine = role_of(what.user, what.granted, now);
  if (mine < role::member)
    return refusal(code::forbidden, "you may only read here: ask a moderator for a role", retry::never);
  if (muted(what.user, now))
    return refusal(code::forbidden,
                   "you are muted in this room " + until(state_.roles.find(what.user)->second.muted_until) +
                     ": you may read on",
                   retry::never);
  const auto pause_ms = slow_mode_ms();
  if (pause_ms == 0 || mine >= role::moderator || !is_message(what.kind) || rules_.direct)
    return std::nullopt;
  const auto spoke = state_.spoke.find(what.user);
  auto last = spoke == state_.spoke.end() ? now - pause_ms : spoke->second;
  for (const auto& r : earlier)
    if (r.user == what.user && is_message(r.kind))
      last = r.time;
  if (last + pause_ms <= now)
    return std::nullopt;
  return refusal(code::rate_limited, "this room is in slow mode: wait", retry::after,
                 static_cast<std::uint32_t>(last + pause_ms - now));
}

std::optional<protocol::server::error> authority::judge_order(const to_room::submit& what, time_ms now) const {
  if (rules_.direct)
    return refusal(code::bad_request, "a direct message has no roles: leave it, or block the other one", retry::never);
  const auto order = read_order(what.body);
  if (!order)
    return refusal(code::bad_request, "this is no order that this room knows", retry::never);
  if (what.user == state_.founder && what.cid.empty())
    return std::nullopt; // The room's own word about who came first.
  const auto mine = role_of(what.user, what.granted, now);
  if (mine < role::moderator || (order->action == moderation::role && mine != role::owner))
    return refusal(code::forbidden,
                   order->action == moderation::role ? "only an owner gives roles" : "only moderators may do that here",
                   retry::never);
  if (order->action == moderation::slow_mode)
    return std::nullopt;
  if (order->user == what.user && order->action != moderation::role)
    return refusal(code::bad_request, "this would be you yourself: name somebody else", retry::never);
  const auto theirs = role_of(order->user, {}, now);
  if (mine != role::owner && theirs >= mine)
    return refusal(code::forbidden, "owners and moderators are for an owner to moderate", retry::never);
  if (order->action == moderation::role && theirs == role::banned)
    return refusal(code::conflict, "they are banned: unban them first", retry::never);
  if (state_.roles.size() >= people_max && !state_.roles.contains(order->user) && change_by(*order, now).row)
    return refusal(code::conflict, "too many people have a role, a ban or a mute here: take some back first",
                   retry::never);
  const bool unseats =
    order->action == moderation::ban || (order->action == moderation::role && order->role != role::owner);
  const auto is_owner = [](const auto& row) { return row.second.role == "owner"; };
  if (unseats && theirs == role::owner && std::count_if(state_.roles.begin(), state_.roles.end(), is_owner) == 1)
    return refusal(code::conflict, "this is the room's only owner: make somebody else one first", retry::never);
  return std::nullopt;
}

storage::role_change authority::change_by(const moderation_order& what, time_ms now) const {
  storage::role_change change;
  if (what.action == moderation::kick)
    return change;
  if (what.action == moderation::slow_mode) {
    change.slow_mode_ms = what.interval_ms.value_or(0);
    return change;
  }
  const auto known = state_.roles.find(what.user);
  auto row = known == state_.roles.end() ? storage::role_row{what.user, "", 0, 0} : known->second;
  const auto end = what.for_ms ? now + static_cast<time_ms>(*what.for_ms) : for_ever;
  switch (what.action) {
  case moderation::ban:
    row.role.clear();
    row.banned_until = end;
    change.ends_belonging = true;
    break;
  case moderation::unban: row.banned_until = 0; break;
  case moderation::mute: row.muted_until = end; break;
  case moderation::unmute: row.muted_until = 0; break;
  case moderation::role:
    row.role = what.role && *what.role != role::none ? std::string{protocol::name_of(*what.role)} : std::string{};
    row.banned_until = 0;
    change.ends_belonging = row.role.empty() && rules_.default_role == role::none;
    break;
  case moderation::kick:
  case moderation::slow_mode: break;
  }
  change.row = std::move(row);
  return change;
}

// -- folding ------------------------------------------------------------------------------

void authority::opened(const storage::room_head& head) {
  state_.roles.clear();
  for (const auto& row : head.roles)
    state_.roles.emplace(row.user, row);
  state_.slow_mode_ms = head.slow_mode_ms;
  if (!state_.roles.empty())
    state_.founder.clear();
  state_.spoke.clear();
  state_.spoke_pruned_at = 0;
  for (const auto& r : head.recent)
    heard(r);
}

void authority::stored(const storage::record& what) {
  if (what.kind != system_kind)
    return heard(what);
  const auto order = read_order(what.body);
  if (!order)
    return;
  const auto change = change_by(*order, what.time);
  if (change.slow_mode_ms)
    state_.slow_mode_ms = change.slow_mode_ms;
  heard(what);
  if (!change.row)
    return;
  if (change.row->user == state_.founder)
    state_.founder.clear();
  if (storage::says_nothing(*change.row))
    state_.roles.erase(change.row->user);
  else
    state_.roles.insert_or_assign(change.row->user, *change.row);
}

/// A new pause counts from the event that says so: the same whether the room was there then or reads of it.
void authority::heard(const storage::record& what) {
  const auto pause_ms = slow_mode_ms();
  const auto order = what.kind == system_kind ? read_order(what.body) : std::nullopt;
  if (pause_ms == 0 || (order && order->action == moderation::slow_mode))
    state_.spoke.clear();
  if (pause_ms == 0 || !is_message(what.kind))
    return;
  if (state_.spoke_pruned_at + pause_ms <= what.time) {
    std::erase_if(state_.spoke, [&](const auto& s) { return s.second + pause_ms <= what.time; });
    state_.spoke_pruned_at = what.time;
  }
  auto& last = state_.spoke[what.user];
  last = std::max(last, what.time);
}

} // namespace troupe::actors
