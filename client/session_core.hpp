// client/session_core.hpp
//
// The well-behaved client as a state machine: it decides, `session` carries out.
#pragma once

#include "client/backoff.hpp"
#include "client/connection.hpp"
#include "client/outbox.hpp"
#include "client/session_events.hpp"
#include "protocol/codec.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::client {

struct session_options {
  std::string user;
  std::function<std::string()> token; ///< Asked before each `hello` when set; else `user` alone is sent.
  bool token_is_fixed = false;        ///< `token` always gives the same: once it is refused the session ends.
  std::string sdk = "troupe-cpp";
  std::int64_t backoff_first_ms = 250;
  std::int64_t backoff_most_ms = 15'000;
  std::int64_t welcome_within_ms = 10'000;
  std::uint32_t history = 50;            ///< Messages asked for at a first join.
  std::uint32_t page = 200;              ///< Messages of one page when catching up.
  std::vector<std::string> want;         ///< presence, typing, marks; all when empty.
  std::function<std::uint64_t()> random; ///< For back-off and cids.
  std::function<time_ms()> wall_clock;   ///< For cids made before the first `welcome`.
};

// What the core asks for.
struct open_connection {};
struct drop_connection {};
struct transmit {
  protocol::request what;
};
using action = std::variant<open_connection, drop_connection, transmit>;

/// Session, rooms, outbox and the fold over what arrives.
///
/// Time:      `now_ms` of any steady clock comes in with every call; it never looks at a clock.
/// Ordering:  actions are to be carried out in the order given.
/// Delivery:  a message is retried with its `cid` until it is acked or surely refused, so it is stored once or never.
/// Errors:    none are thrown; unusable input from the server makes it reconnect.
class session_core {
public:
  session_core(session_options options, session_events& events);

  // -- what the owner wants -----------------------------------------------------
  void start(std::int64_t now_ms);
  void stop();
  void join(const std::string& room, std::int64_t now_ms);
  void leave(const std::string& room, bool forget, std::int64_t now_ms);
  /// Gives the `cid`. The room need not be joined.
  std::string send(protocol::client::send what, std::int64_t now_ms);
  /// At most one in 3 s per room goes out.
  void typing(const std::string& room, std::int64_t now_ms);
  void mark(const std::string& room, seq_t read, std::int64_t now_ms);
  /// A room's order, seen by all as a message of kind `system`; `on_error` when it is refused. False while offline: it
  /// is not kept. When the connection is lost before the answer, the room's messages say what became of it.
  bool moderate(protocol::client::moderate what, std::int64_t now_ms);
  /// Answered through `on_presence`, `on_rooms`, `on_page`; silently nothing while offline.
  void ask_presence(const std::string& room);
  void ask_rooms(const std::optional<std::string>& after);
  void ask_page(const std::string& room, std::optional<seq_t> before, std::uint32_t limit);

  // -- what the socket says -----------------------------------------------------
  void opened(std::int64_t now_ms);
  void received(const protocol::push& what, std::int64_t now_ms);
  void lost(const loss& how, std::int64_t now_ms);
  void tick(std::int64_t now_ms);

  std::vector<action> take_actions() { return std::exchange(actions_, {}); }
  /// When `tick` wants to be called next.
  std::optional<std::int64_t> wakes_at() const;

  link_state state() const { return state_; }
  const outbox& unsent() const { return outbox_; }
  bool joined(const std::string& room) const;
  /// The last seq told of a room.
  std::optional<position> where(const std::string& room) const;
  /// Joined, and nothing is missing as far as this client can know.
  bool caught_up(const std::string& room) const;

private:
  struct joined_room {
    bool asked = false;     ///< `join`, or a place in `hello`, is under way on this connection.
    request_id join_id = 0; ///< Of that `join`; 0 when it is a place in `hello`.
    bool live = false;      ///< `joined` came on this connection.
    bool resumes = false;   ///< A position was given with it.
    bool catching = false;  ///< Pushes have stopped; pages are being read.
    std::optional<position> at;
    std::int64_t join_due_ms = 0;
    std::optional<std::int64_t> fetch_due_ms; ///< A page could not be had; ask again then.
    std::int64_t typed_ms = INT64_MIN / 2;
    seq_t marked = 0;
    std::map<seq_t, entry> early; ///< Acked ahead of the stream while catching up.
  };
  enum class asked : std::uint8_t { hello, refresh, ping, join, leave, catch_up, page, presence, rooms, moderate };
  struct question {
    asked what;
    std::string room;
    bool forget = false;
  };

  request_id ask(asked what, std::string room = {});
  template <class Request>
  void put(Request what) {
    sent_ms_ = now_ms_;
    actions_.push_back(transmit{protocol::request{std::move(what)}});
  }
  void to_state(link_state to, const std::string& why, std::int64_t retry_ms = 0);
  void reconnect(std::int64_t now_ms, std::int64_t wait_ms, const std::string& why);
  void connection_gone();
  void flush_outbox(std::int64_t now_ms);
  joined_room* room_of(const std::string& room) const;
  void send_join(const std::string& room, joined_room& r);
  void send_catch_up(const std::string& room, joined_room& r);
  void forget_questions(const std::string& room);
  time_ms server_time(std::int64_t now_ms) const;
  std::string new_cid(std::int64_t now_ms);

  // -- the fold (session_rooms.cpp) -----------------------------------------------
  void take(const protocol::server::welcome& what, std::int64_t now_ms);
  void take(const protocol::server::joined& what, std::int64_t now_ms);
  void take(const protocol::server::page& what, std::int64_t now_ms);
  void take(const protocol::server::message& what, std::int64_t now_ms);
  void take(const protocol::server::ack& what, std::int64_t now_ms);
  void take(const protocol::server::gap& what, std::int64_t now_ms);
  void take(const protocol::server::head& what, std::int64_t now_ms);
  void take(const protocol::server::closed& what, std::int64_t now_ms);
  void take(const protocol::server::goaway& what, std::int64_t now_ms);
  void take(const protocol::server::error& what, std::int64_t now_ms);
  void refused(outgoing& which, const protocol::server::error& why, std::int64_t now_ms);
  void question_failed(const question& which, const protocol::server::error& why, std::int64_t now_ms);
  void tell(const std::string& room, joined_room& r, const entry& what, source how);
  void tell_early(const std::string& room, joined_room& r);
  void hole(const std::string& room, joined_room& r);
  void own_copy(const std::string& room, const std::string& epoch, const entry& what);

  session_options options_;
  session_events& events_;
  backoff backoff_;
  link_state state_ = link_state::offline;
  std::vector<action> actions_;
  std::map<std::string, std::shared_ptr<joined_room>> rooms_; ///< Shared: a callback may leave the room it is told of.
  outbox outbox_;
  std::map<request_id, question> questions_;
  request_id next_id_ = 1;
  std::string resume_;
  std::uint32_t inflight_max_ = 64;
  std::int64_t ping_ms_ = 25'000;
  std::int64_t now_ms_ = 0;   ///< Of the latest call.
  std::int64_t heard_ms_ = 0; ///< The node gives a silent client up after twice `ping_ms`, and so do we the node.
  std::int64_t sent_ms_ = 0;
  std::optional<std::int64_t> greeting_until_ms_;
  std::optional<std::int64_t> connect_at_ms_;
  std::optional<std::int64_t> slot_at_ms_;                ///< From `goaway`.
  std::optional<std::pair<time_ms, std::int64_t>> clock_; ///< Server time and our time of the last `welcome`.
};

} // namespace troupe::client
