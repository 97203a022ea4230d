// actors/connection_core.hpp
#pragma once

#include "actors/middleware/gate.hpp"
#include "actors/outbound_queue.hpp"
#include "actors/relay_messages.hpp"
#include "actors/resume_tokens.hpp"
#include "actors/subscription.hpp"
#include "actors/user_messages.hpp"
#include "config/options.hpp"
#include "protocol/codec.hpp"

#include <boost/container/flat_map.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::identity {
class authenticator;
}

namespace troupe::actors {

/// What a connection needs of the world around it.
class connection_port {
public:
  virtual ~connection_port() = default;
  virtual void wake() = 0; ///< Frames wait in the queue.
  virtual void close(protocol::close_code why, std::string_view reason) = 0;
  virtual void tell_room(const std::string& room, to_relay::command what) = 0;
  virtual void tell_user(const std::string& user, to_user::command what) = 0;
  /// From here on the room's broadcasts reach `to`.
  virtual void subscribe(const std::string& room, subscription& to) = 0;
  virtual void unsubscribe(const std::string& room) = 0;
  virtual void draw(unsigned char* random, std::size_t bytes) = 0;
  /// What a request passes before it is carried out.
  virtual const shared_chain& chain_for(verb what, std::string_view room) = 0;
};

/// What a connection decides: greeting → live → draining → closed.
///
/// It holds no history: whatever is lost with it can be had again from the log.
/// Ordering:  requests are passed on in the order of their frames; those about a room wait behind one about it that
///            waits in its chain.
/// Overload:  every count is bounded (session_options, outbound_options); one past is an
///            error with `retry`, or the end with a close code.
/// Threading: lives on one I/O thread. Time comes in with each call.
class connection_core final : private passage_end {
public:
  struct surroundings {
    const config::options& options;
    const resume_tokens& tokens;
    connection_port& port;
    const identity::authenticator* judge = nullptr; ///< Of tokens; null when nobody needs one.
  };

  connection_core(connection_id id, std::uint64_t address_hash, surroundings around, time_ms now);

  connection_id id() const noexcept { return requester_.id; }
  const std::string& user() const noexcept { return requester_.who.user; }
  const std::string& session() const noexcept { return session_; }
  bool live() const noexcept { return state_ == state::live; }
  /// The user's actor was told of it, whether its answer has come or not.
  bool signs_in() const noexcept { return hello_ || !session_.empty(); }
  outbound_queue& outbound() noexcept { return outbound_; }
  std::vector<std::string> rooms() const;

  // -- from the socket --
  void received(std::string_view frame, time_ms now);
  void tick(time_ms now);
  /// It is gone: the steps of what is under way hear so.
  void ended();

  // -- from actors --
  void hear(to_connection::news what, time_ms now);

  /// A broadcast of a room, to one of this connection's subscriptions.
  void deliver(subscription& to, const room_frame& what);
  /// What is broadcast from here on is of another log: the room will say so with a `joined`.
  void restart(const std::string& room, subscription& of);
  /// The ack of one of its sends, in the stream of `to` when it is subscribed.
  void deliver_ack(request_id re, subscription* to, const room_frame& what);

private:
  enum class state : std::uint8_t { greeting, signing_in, live, draining, closed };

  /// What a room, or the user's actor, is asked and has to answer in time.
  enum class question : std::uint8_t { join, leave, fetch, presence, inbox };

  struct pending_request {
    request_id re = 0;
    std::string room;
    question what = question::fetch;
    bool closes_gap = false; ///< The subscription is catching on its account.
    seq_t after = 0;         ///< What the page follows, for `closes_gap`.
    time_ms since = 0;
    bool resumes = false; ///< A join that named its position.
    bool named = true;    ///< False for a room resumed by `hello`: its answer has no `re`.
  };

  void perform(protocol::request what, time_ms now);
  void send_through(protocol::request what, time_ms now);
  void settle(std::optional<request_id> re, const outcome& how);

  // -- passage_end --
  void passed(passage& what) override;
  void refused(passage& what, protocol::server::error why) override;
  void answered(passage& what, to_connection::news with) override;
  void broke(passage& what) override;
  bool takes_copy(const passage& what) const override;

  void on(protocol::client::hello& what, time_ms now);
  void on(protocol::client::refresh& what, time_ms now);
  void on(protocol::client::ping& what, time_ms now);
  void on(protocol::client::rooms& what, time_ms now);
  void on(protocol::client::join& what, time_ms now);
  void on(protocol::client::leave& what, time_ms now);
  void on(protocol::client::send& what, time_ms now);
  void on(protocol::client::fetch& what, time_ms now);
  void on(protocol::client::presence& what, time_ms now);
  void on(protocol::client::typing& what, time_ms now);
  void on(protocol::client::mark& what, time_ms now);
  void on(protocol::client::moderate& what, time_ms now);

  void on(protocol::server::joined& what, time_ms now);
  void on(protocol::server::ack& what, time_ms now);
  void on(protocol::server::ok& what, time_ms now);
  void on(protocol::server::page& what, time_ms now);
  void on(protocol::server::presence& what, time_ms now);
  void on(protocol::server::marks& what, time_ms now);
  void on(protocol::server::error& what, time_ms now);
  void on(protocol::server::rooms& what, time_ms now);
  void on(protocol::server::activity& what, time_ms now);
  void on(to_connection::signed_in& what, time_ms now);
  void on(to_connection::turned_away& what, time_ms now);
  void on(to_connection::expelled& what, time_ms now);
  void on(to_connection::drain& what, time_ms now);
  void on(api_response&, time_ms) {} // For HTTP requests only.

  void submit(const std::string& room, to_relay::send what);
  void leave_what_was_lost(const known_user& before);
  void start_join(const std::string& room, std::optional<request_id> re, std::optional<protocol::position> since,
                  std::optional<std::uint32_t> limit, subscription::wants wants, time_ms now);
  void end_subscription(const std::string& room);
  void leave_unasked(const std::string& room, request_id re, bool forget);
  void withdraw_join(const std::string& room);
  void strike(const protocol::decode_failure& why);
  void refuse(std::optional<request_id> re, protocol::code what, std::string message, protocol::retry next,
              std::optional<std::uint32_t> after_ms = {}, std::optional<std::string> cid = {});
  void give_up(protocol::close_code why, std::string_view reason);
  void carry_out(const std::string& room, subscription& of, subscription::outcome what);
  void push(shared_frame what, frame_class kind);
  void push_ack(const subscription* of, const room_frame& what);
  bool push_history(shared_frame what);
  static protocol::server::error too_much_unread(request_id re);
  bool refused_for_the_unread(request_id re);
  static request_id re_of(const protocol::server::page& what) { return what.re; }
  static request_id re_of(const protocol::server::rooms& what) { return what.re; }
  static request_id re_of(const protocol::server::presence& what) { return what.re.value_or(0); }
  void answer_in_short(protocol::server::joined& what, subscription& mine);
  subscription* find(const std::string& room) const;
  pending_request* find_pending(request_id re, question what);
  bool waits_for(request_id re) const;
  void drop_pending(request_id re, question what);
  std::size_t pending(question what) const;
  void erase_pending(std::vector<pending_request>::iterator which);
  void expire(time_ms now);

  template <class Message>
  static shared_frame encode(const Message& what) {
    thread_local std::string buffer;
    buffer.clear();
    protocol::encode_json(buffer, what);
    return frame::make(buffer);
  }

  /// What is long is refused when too much waits to be read: false then.
  template <class Message>
  bool answer_at_length(const Message& what) {
    const bool taken = push_history(encode(what));
    if (!taken)
      answer(too_much_unread(re_of(what)));
    return taken;
  }

  template <class Message>
  void answer(const Message& what, frame_class kind = frame_class::answer) {
    push(encode(what), kind);
  }

  surroundings around_;
  requester requester_;
  state state_ = state::greeting;
  time_ms now_ = 0; ///< Of the call that is being carried out.
  std::string session_;
  std::unique_ptr<gate> gate_; ///< While there are requests.
  outbound_queue outbound_;
  boost::container::flat_map<std::string, std::unique_ptr<subscription>> subscriptions_; ///< By room.
  std::vector<pending_request> pending_;
  std::unique_ptr<protocol::client::hello> hello_; ///< While signing in.
  std::vector<protocol::request> early_;           ///< Came before `welcome`.
  std::uint32_t inflight_ = 0;                     ///< Sends that wait for their ack.
  std::uint32_t strikes_ = 0;
  time_ms since_ = 0; ///< When the socket opened.
  time_ms last_received_ = 0;
};

} // namespace troupe::actors
