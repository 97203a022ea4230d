// actors/room_core.hpp
#pragma once

#include "actors/occupancy.hpp"
#include "actors/room_messages.hpp"
#include "actors/sequencer.hpp"
#include "config/options.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::actors {

/// A relay as its room knows it.
struct relay_state {
  std::map<connection_id, std::string> members; ///< Connection to user.
};
BOOST_DESCRIBE_STRUCT(relay_state, (), (members))

/// Everything a room knows, as plain data: what a tape starts with.
struct room_snapshot {
  std::string room;
  sequencer_state sequence;
  occupancy_state present;
  std::map<std::string, relay_state> relays;
  std::map<std::string, storage::standing> belonging;
  std::vector<to_room::command> waiting; ///< Came before the log was read.
  std::map<std::string, time_ms> typed;  ///< When a user's typing was last passed on.
  std::map<std::string, protocol::user_mark> marks_due;
  time_ms marks_at = 0;
  time_ms last_notified = 0;
  std::string notify_from; ///< Author of the newest message nobody was notified of.
  time_ms idle_since = 0;
  time_ms reopen_at = 0;
  time_ms prune_at = 0;
  time_ms woken_at = 0; ///< The time last asked for.
  bool pruning = false;
  bool asks_creation = false;             ///< Who brings it into being needs leave to do so.
  std::vector<to_room::command> creating; ///< Wait for that.
};
BOOST_DESCRIBE_STRUCT(room_snapshot, (),
                      (room, sequence, present, relays, belonging, waiting, typed, marks_due, marks_at, last_notified,
                       notify_from, idle_since, reopen_at, prune_at, woken_at, pruning, asks_creation, creating))

/// The ROOM's state as a fold: who is here, what number the next message gets, what the
/// chain is. The same commands at the same times give the same effects, on any machine.
///
/// Ordering:  effects come in the order in which they must be carried out and seen.
/// Time:      only `now` counts; the core never looks at a clock, a random source or a handle.
/// Errors:    bad input is an effect (`refused`, `answered` with an error), never an exception.
class room_core {
public:
  room_core(room_snapshot start, config::room_policy policy, std::uint32_t mailbox_max);

  room_effects apply(to_room::command what, time_ms now);
  room_snapshot snapshot() const;

  const std::string& name() const noexcept { return state_.room; }
  const sequencer_state& sequence() const noexcept { return sequencer_.state(); }
  std::size_t members() const noexcept { return members_; }
  const std::map<std::string, relay_state>& relays() const noexcept { return state_.relays; }

private:
  // -- one function per command ---------------------------------------------------
  void on(to_room::attach& what, time_ms now, room_effects& out);
  void on(to_room::detach& what, time_ms now, room_effects& out);
  void on(to_room::submit& what, time_ms now, room_effects& out);
  void on(to_room::join& what, time_ms now, room_effects& out);
  void on(to_room::leave& what, time_ms now, room_effects& out);
  void on(to_room::fetch& what, time_ms now, room_effects& out);
  void on(to_room::who& what, time_ms now, room_effects& out);
  void on(to_room::typing& what, time_ms now, room_effects& out);
  void on(to_room::mark& what, time_ms now, room_effects& out);
  void on(to_room::refill& what, time_ms now, room_effects& out);
  void on(to_room::opened& what, time_ms now, room_effects& out);
  void on(to_room::appended& what, time_ms now, room_effects& out);
  void on(to_room::found& what, time_ms now, room_effects& out);
  void on(to_room::pruned& what, time_ms now, room_effects& out);
  void on(to_room::wake& what, time_ms now, room_effects& out);
  void on(to_room::not_belonging& what, time_ms now, room_effects& out);
  void on(to_room::lost& what, time_ms now, room_effects& out);
  void on(to_room::creation& what, time_ms now, room_effects& out);

  void drop_relay(const std::string& relay, const std::string& why, time_ms now);
  void admit(const to_room::join& what, protocol::role role, std::optional<storage::member_row> belongs,
             room_effects& out);
  void remove(const std::string& relay, connection_id connection, std::string why, time_ms now);
  std::optional<storage::member_row> belong(const std::string& user, protocol::role role);
  void belong_before_commit(room_effects& out);
  void forget(const to_room::leave& what, time_ms now, room_effects& out);
  void turn_away_waiting(room_effects& out);
  bool turn_away(const to_room::command& what, const protocol::server::error& why, room_effects& out) const;
  void committed(const std::vector<storage::record>& records, time_ms now, room_effects& out);
  void pass_time(time_ms now, room_effects& out);
  void flush_marks(time_ms now, room_effects& out);
  void notify(time_ms now, room_effects& out);
  void prune_if_due(time_ms now, room_effects& out);
  void ask_for_wake(time_ms now, room_effects& out);
  time_ms next_deadline() const;
  /// Why the user may not come near this room; nothing when they may.
  std::optional<protocol::server::error> turned_away(const std::string& user, std::optional<protocol::role> granted,
                                                     time_ms now) const;
  bool never_used() const;
  template <class Command>
  bool awaits_creation(Command& what, room_effects& out);
  void moderated(const storage::record& event, time_ms now, room_effects& out);
  void drop_user(const std::string& user, time_ms now);
  /// The user's connections are members no more, but for the one that asked for it.
  void expel(const std::string& user, const std::string& reason, time_ms now, room_effects& out,
             const to_room::leave* asked = nullptr);
  bool ready() const noexcept { return !sequencer_.state().epoch.empty(); }
  bool holds(const std::string& relay, connection_id connection) const;
  void answer(const std::string& relay, connection_id connection, decltype(from_room::answered::answer) what,
              room_effects& out) const;
  void answer_error(const std::string& relay, connection_id connection, std::optional<request_id> re,
                    protocol::server::error why, room_effects& out) const;

  config::room_policy policy_;
  std::uint32_t mailbox_max_;
  room_snapshot state_; ///< `sequence` and `present` live in their own parts until `snapshot`.
  sequencer sequencer_;
  occupancy occupancy_;
  std::size_t members_ = 0; ///< Derived from `relays`.
};

} // namespace troupe::actors
