// actors/relay_core.hpp
#pragma once

#include "actors/relay_messages.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

/// A room's arm on one node: its members there, and the sends that wait for their acks.
///
/// Connections always talk to the relay of their node, wherever the room lives; so a stored
/// message becomes its sender's ack at its place in the stream, however it got here.
///
/// Ordering:  what a room publishes is delivered by `seq` without holes; a hole is refilled
///            from the log before anything after it is delivered.
/// Delivery:  a send ends in exactly one of ack, refusal, or the end of its connection. When
///            the room is rebuilt, the relay attaches again, gets what it missed, and only
///            then refuses (`same`) what was not among it.
/// Time:      only what is passed in.
class relay_core {
public:
  relay_core(std::string node, std::string room);

  relay_effects apply(to_relay::command what, time_ms now);

  const std::string& room() const noexcept { return room_; }
  std::size_t members() const noexcept { return members_.size(); }
  /// How many members live on each I/O thread.
  const std::vector<std::uint32_t>& members_by_thread() const noexcept { return by_thread_; }

private:
  struct waiting_send {
    awaited_ack who;
    time_ms since = 0;
    std::uint64_t activation = 0; ///< Of the room it was sent to.
  };

  void on(to_relay::send& what, time_ms now, relay_effects& out);
  void on(to_relay::ask& what, time_ms now, relay_effects& out);
  void on(to_relay::gone& what, time_ms now, relay_effects& out);
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

  template <class Done>
  void erase_waiting(Done done);
  template <class Answer>
  void answer_attempts(connection_id connection, const std::string& user, const std::string& cid, const Answer& what,
                       relay_effects& out);
  void add_member(connection_id connection, const std::string& user);
  void drop_member(connection_id connection);
  void settle(connection_id connection, std::optional<request_id> re);
  std::vector<awaited_ack> take_waiting(const std::string& user, const std::string& cid);
  void refuse_older(std::uint64_t activation, relay_effects& out);
  void rejoin_all(const protocol::position& since, relay_effects& out);
  void refuse_everything(const protocol::server::error& why, relay_effects& out);
  void pass_time(time_ms now, relay_effects& out);
  static std::string key_of(const std::string& user, const std::string& cid);

  std::string node_;
  std::string room_;
  std::string epoch_;
  seq_t last_ = 0;      ///< The last seq delivered.
  seq_t refill_to_ = 0; ///< A refill is on its way up to here; 0 = none.
  bool up_ = false;
  bool quarantined_ = false;
  std::uint64_t activation_ = 0; ///< Grows with every `room_up`.
  std::map<connection_id, std::string> members_;
  std::vector<std::uint32_t> by_thread_;
  std::unordered_map<std::string, std::vector<waiting_send>> waiting_; ///< By user and cid.
  std::vector<to_room::command> asked_; ///< Unanswered; asked again when the room was rebuilt.
  time_ms last_message_at_ = 0;
  time_ms idle_since_ = 0;
  time_ms woken_at_ = 0;
};

} // namespace troupe::actors
