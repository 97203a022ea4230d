// client/session.hpp
//
// A device of a user: stays connected, resumes, retries. Start here.
#pragma once

#include "client/connection.hpp"
#include "client/session_core.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::client {

/// `session_core` on a real socket and a real clock.
///
///   boost::asio::io_context io;
///   struct : session_events { … } screen;
///   session ann{io, *parse_url("ws://127.0.0.1:8080/ws"), {.user = "ann"}, screen};
///   ann.join("lounge");
///   ann.send({.room = "lounge", .body = "hello"});
///   io.run();
///
/// Ordering, delivery: as `session_core` says.
/// Threading: one thread, the one that runs the io_context.
/// Lifetime:  the events outlive it; the destructor drops the connection without a word.
class session {
public:
  /// Sees the frames of each connection, for recorders: a new one is asked for per connection.
  using observe = std::function<connection_events()>;

  session(boost::asio::io_context& io, endpoint where, session_options options, session_events& events,
          observe observer = {}, connection_options connect = {});
  /// With the nodes of a cluster: they are tried in turn, beginning with the first, so that whoever
  /// lost one meets another. Give each device the list in an order of its own.
  session(boost::asio::io_context& io, std::vector<endpoint> nodes, session_options options, session_events& events,
          observe observer = {}, connection_options connect = {});
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void start();
  /// Closes in good order and does not come back.
  void stop();
  void join(const std::string& room);
  void leave(const std::string& room, bool forget = false);
  /// Gives the `cid` under which `on_sent` or `on_refused` will speak of it.
  std::string send(protocol::client::send what);
  /// False while offline.
  bool moderate(protocol::client::moderate what);
  void typing(const std::string& room);
  void mark(const std::string& room, seq_t read);
  void ask_presence(const std::string& room);
  void ask_rooms(const std::optional<std::string>& after = std::nullopt);
  void ask_page(const std::string& room, std::optional<seq_t> before, std::uint32_t limit = 50);

  const session_core& state() const { return core_; }
  /// The socket of the moment, for tests that hurt it; may be null.
  connection* socket() { return connection_.get(); }

private:
  template <class What>
  auto with_core(What what);
  void perform();
  void open();
  void drop();

  boost::asio::io_context& io_;
  std::vector<endpoint> nodes_; ///< The next one to try stands first.
  observe observer_;
  connection_options connect_;
  session_core core_;
  std::shared_ptr<connection> connection_;
  connection_events watcher_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<session*> self_; ///< Outlived by callbacks; null inside after destruction.
  bool performing_ = false;
};

} // namespace troupe::client
