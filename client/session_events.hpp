// client/session_events.hpp
//
// What a session tells its owner.
#pragma once

#include "protocol/messages.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::client {

using protocol::entry;
using protocol::position;
using protocol::request_id;
using protocol::seq_t;
using protocol::time_ms;

enum class link_state : std::uint8_t {
  offline,    ///< Not started.
  connecting, ///< A socket is being opened.
  greeting,   ///< `hello` was sent.
  online,     ///< `welcome` came.
  waiting,    ///< Lost; it will be tried again.
  ended,      ///< It will not be tried again.
};

/// How a message reached this device.
enum class source : std::uint8_t {
  history, ///< Came with the first join.
  resumed, ///< Was missed while away or behind, and read afterwards.
  live,    ///< As it happened; one's own messages come so, when they are acked.
};

/// Where one's own message ended up.
struct receipt {
  std::string room;
  std::string cid;
  std::string epoch;
  seq_t seq = 0;
  time_ms time = 0;
};

/// Override what is of interest.
///
/// Ordering:  `message` is called once for each seq of a joined room, in order, without a hole; where the log
///            itself has one (it was lost, or retention took it), `discontinuity` stands in its place.
/// Threading: called from where the session is driven; the session may be used from within.
class session_events {
public:
  virtual ~session_events() = default;

  /// `why` is a sentence for people; `retry_ms` how long it waits, in state `waiting`.
  virtual void on_state(link_state, const std::string& /*why*/, std::int64_t /*retry_ms*/) {}
  virtual void on_welcome(const protocol::server::welcome&) {}
  virtual void on_joined(const protocol::server::joined&) {}
  /// The room is not joined any more: left, kicked, deleted, or the join was refused (then `why` says so).
  virtual void on_left(const std::string& /*room*/, const std::string& /*why*/) {}
  virtual void on_message(const std::string& /*room*/, const entry&, source) {}
  /// What came before cannot be continued: the log was lost or the missing part is out of retention.
  virtual void on_discontinuity(const std::string& /*room*/) {}
  virtual void on_sent(const receipt&) {}
  /// Surely not stored, and it will not be tried again.
  virtual void on_refused(const protocol::client::send&, const protocol::server::error&) {}
  virtual void on_presence(const protocol::server::presence&) {}
  virtual void on_typing(const protocol::server::typing&) {}
  virtual void on_marks(const protocol::server::marks&) {}
  virtual void on_activity(const protocol::server::activity&) {}
  virtual void on_rooms(const protocol::server::rooms&) {}
  virtual void on_page(const protocol::server::page&) {}
  /// An error that concerns none of the above.
  virtual void on_error(const protocol::server::error&) {}
};

} // namespace troupe::client
