// actors/relay_core.hpp
#pragma once

#include "actors/open_questions.hpp"
#include "actors/relay_messages.hpp"
#include "actors/waiting_sends.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// A room's arm on one node: its members there, and the sends that wait for their acks.
///
/// Connections always talk to the relay of their node, wherever the room lives; so a stored
/// message becomes its sender's ack at its place in the stream, however it got here.
///
/// Ordering:  what a room publishes is delivered by `seq` without holes; a hole is refilled
///            from the log before anything after it is delivered. What the log has dropped meanwhile is
///            told as a discontinuity (`joined` with `recovered:false`), never passed over.
/// Delivery:  a send ends in exactly one of ack, refusal, or the end of its connection. When
///            the room was rebuilt or has moved, the relay attaches again, gets what it missed,
///            and then tells the room again, in the order they came, the sends that were not
///            among it: their cids keep them from being stored twice. After a crash it refuses
///            (`same`) those that the room had, because one of them may be the reason.
/// Limits:    `waiting_max` sends wait; one past is refused with `overloaded`. A send that
///            was not answered within `answer_within_ms` is refused with `timeout`. `questions_max`
///            questions of connections wait; one past is refused with `overloaded`, but that
///            somebody leaves is done at once. How long is theirs to decide.
/// Time:      only what is passed in.
class relay_core {
public:
  static constexpr std::size_t waiting_max = 16'384;
  static constexpr std::size_t questions_max = 16'384;
  static constexpr std::int64_t answer_within_ms = 10'000;

  relay_core(std::string node, std::string room);

  relay_effects apply(to_relay::command what, time_ms now);

  const std::string& room() const noexcept { return room_; }
  std::size_t members() const noexcept { return members_.size(); }
  /// Sends that were not answered yet.
  std::size_t waiting() const noexcept { return waiting_.size(); }
  /// The last seq delivered.
  seq_t last() const noexcept { return last_; }
  /// The room takes sends: it is there, and what it had before this relay came is delivered.
  bool ready() const noexcept { return up_ && attached_ && refill_to_ == 0; }
  /// How many members live on each I/O thread.
  const std::vector<std::uint32_t>& members_by_thread() const noexcept { return by_thread_; }

private:
  void on(to_relay::send& what, time_ms now, relay_effects& out);
  void on(to_relay::ask& what, time_ms now, relay_effects& out);
  void on(to_relay::gone& what, time_ms now, relay_effects& out);
  void on(to_relay::withdraw& what, time_ms now, relay_effects& out);
  void on(to_relay::heard& what, time_ms now, relay_effects& out);
  void on(to_relay::room_up& what, time_ms now, relay_effects& out);
  void on(to_relay::room_down& what, time_ms now, relay_effects& out);
  void on(to_relay::wake& what, time_ms now, relay_effects& out);

  void on(from_room::attached& what, time_ms now, relay_effects& out);
  void on(from_room::published& what, time_ms now, relay_effects& out);
  void on(from_room::refused& what, time_ms now, relay_effects& out);
  void on(from_room::repeated& what, time_ms now, relay_effects& out);
  void on(from_room::admitted& what, time_ms now, relay_effects& out);
  void on(from_room::answered& what, time_ms now, relay_effects& out);
  void on(from_room::presence_changed& what, time_ms now, relay_effects& out);
  void on(from_room::typing_seen& what, time_ms now, relay_effects& out);
  void on(from_room::marks_changed& what, time_ms now, relay_effects& out);
  void on(from_room::expelled& what, time_ms now, relay_effects& out);
  void on(from_room::ended& what, time_ms now, relay_effects& out);
  void on(from_room::behind& what, time_ms now, relay_effects& out);

  static void refuse(const waiting_send& which, protocol::server::error why, relay_effects& out);
  void add_member(connection_id connection, const std::string& user, std::optional<protocol::role> granted);
  void drop_member(connection_id connection);
  void end_membership(connection_id connection, bool gone, relay_effects& out);
  std::optional<protocol::role> granted_to(connection_id connection) const;
  void moderated(std::string_view event, relay_effects& out);
  void expel(const std::string& user, connection_id except, const std::string& reason, relay_effects& out);
  void turn_away(const to_room::command& question, relay_effects& out);
  void fail(const to_room::command& question, protocol::server::error why, relay_effects& out);
  void on_failure(connection_id connection, protocol::server::error why, relay_effects& out);
  void tell_waiting(relay_effects& out);
  void caught_up(relay_effects& out);
  void ask_refill(seq_t up_to, time_ms now, relay_effects& out);
  void rejoin_all(const protocol::position& since, relay_effects& out);
  void skip_to(seq_t last, relay_effects& out);
  void refuse_everything(const protocol::server::error& why, relay_effects& out);
  void pass_time(time_ms now, relay_effects& out);

  std::string node_;
  std::string room_;
  std::string epoch_;
  seq_t last_ = 0;
  seq_t begins_after_ = 0; ///< What is passed on of `epoch_` without a hole begins after this.
  seq_t refill_to_ = 0;    ///< A refill is on its way up to here; 0 = none.
  time_ms refill_asked_at_ = 0;
  bool up_ = false;
  bool attached_ = false; ///< The room as it is now has answered `attach`.
  bool quarantined_ = false;
  std::map<connection_id, std::string> members_;
  std::map<connection_id, protocol::role> granted_; ///< Of those whose identity brings one.
  std::vector<std::uint32_t> by_thread_;
  waiting_sends waiting_;
  open_questions asked_; ///< Asked again when the room was rebuilt.
  time_ms last_message_at_ = 0;
  time_ms idle_since_ = 0;
  time_ms woken_at_ = 0;
};

} // namespace troupe::actors
