// actors/authority.hpp
#pragma once

#include "actors/moderation.hpp"
#include "actors/room_messages.hpp"

#include <map>
#include <optional>
#include <string>

namespace troupe::actors {

/// What moderators have decided, folded from the events of the log, as plain data.
struct authority_state {
  std::map<std::string, storage::role_row> roles;
  std::optional<std::int64_t> slow_mode_ms; ///< Nothing: the policy's.
  std::map<std::string, time_ms> spoke;     ///< When somebody last sent a message, while slow mode is on.
  time_ms spoke_pruned_at = 0;
  std::string founder; ///< Becomes the owner when the event that says so is stored.
};
BOOST_DESCRIBE_STRUCT(authority_state, (), (roles, slow_mode_ms, spoke, spoke_pruned_at, founder))

/// What the policy says about roles.
struct authority_rules {
  bool direct = false; ///< A direct message: no roles; who may enter is decided by its name.
  protocol::role default_role = protocol::role::member;
  std::int64_t slow_mode_ms = 0;
};

/// Who may do what in a room: the one place that decides. What refuses earlier, refuses what would be refused here.
///
/// Role:     a ban, by the room or by the identity (`granted`), goes before all; else what the log says; else what the
///           identity brings; else the policy's. Whatever is not understood is no role.
/// Ordering: an event of moderation is committed alone, so whatever is numbered after it is judged by it.
/// Time:     only what is passed in; bans and mutes end by it, without an event.
class authority {
public:
  authority(authority_rules how, authority_state start) : rules_(how), state_(std::move(start)) {}

  const authority_state& state() const noexcept { return state_; }
  bool unused() const noexcept { return state_.roles.empty() && state_.founder.empty(); }

  protocol::role role_of(const std::string& user, std::optional<protocol::role> granted, time_ms now) const;
  /// What the room gives where no moderator has decided anything.
  protocol::role role_at_first(std::optional<protocol::role> granted) const {
    return granted.value_or(rules_.default_role);
  }
  bool muted(const std::string& user, time_ms now) const;

  /// Why the user may not even read here; nothing when they may. In a private room it does not tell whether there is one.
  std::optional<protocol::server::error> turned_away(const std::string& user, std::optional<protocol::role> granted,
                                                     time_ms now) const;

  /// Why this message cannot be stored. `earlier` are messages that are numbered before it and not stored yet.
  std::optional<protocol::server::error> judge(const to_room::submit& what, time_ms now,
                                               const std::vector<storage::record>& earlier) const;

  /// May delete what the other has said.
  bool outranks(const std::string& user, std::optional<protocol::role> granted, const std::string& other,
                time_ms now) const;

  /// What an order comes to when its event has that time.
  storage::role_change change_by(const moderation_order& what, time_ms now) const;

  // -- folding --
  void opened(const storage::room_head& head);
  void stored(const storage::record& what);
  void founded_by(std::string user) { state_.founder = std::move(user); }
  void not_founded() { state_.founder.clear(); }

private:
  std::optional<protocol::server::error> judge_order(const to_room::submit& what, time_ms now) const;
  std::int64_t slow_mode_ms() const { return state_.slow_mode_ms.value_or(rules_.slow_mode_ms); }
  void heard(const storage::record& what);

  authority_rules rules_;
  authority_state state_;
};

/// Told to whom a token bans, by whoever looks first.
inline constexpr const char* token_bans = "your token keeps you out of this room: ask whoever gave it to you";

/// Private rooms and rooms that do not exist look alike.
protocol::server::error not_yours();

} // namespace troupe::actors
