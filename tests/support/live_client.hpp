// tests/support/live_client.hpp
//
// A person with a phone, for tests against a real node: each line waits for its effect.
#pragma once

#include "checker/observed.hpp"
#include "checker/recorder.hpp"
#include "client/connection.hpp"
#include "tests/support/process.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::tests {

namespace say = protocol::client;
namespace hear = protocol::server;
using protocol::seq_t;

/// What a test waited for did not come.
struct nothing_came : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A ULID of that time (now when 0), each one new.
std::string new_cid(protocol::time_ms time = 0);

/// Blocking; what was not asked for waits in order until somebody asks.
///
/// Threading: one thread. It reads its socket only while it waits for something.
/// Errors:    `nothing_came` when the wait is over or the connection ends meanwhile.
class live_client {
public:
  struct options {
    std::string user; ///< Empty = no `hello` is said.
    std::optional<std::string> resume;
    std::vector<say::room_position> rooms;
    checker::recorder* recorder = nullptr;
    client::connection_options connect;
    std::chrono::milliseconds patience{30'000}; ///< Generous: machines are busy. Only a failure takes it.
  };

  /// Connects, and says hello when a user is named.
  live_client(const client::endpoint& where, options how);
  live_client(const node& at, const std::string& user) : live_client{at.where(), {.user = user}} {}
  ~live_client();
  live_client(const live_client&) = delete;
  live_client& operator=(const live_client&) = delete;

  const hear::welcome& welcome() const { return welcome_; }
  const std::string& user() const { return how_.user; }

  // -- deeds that wait for their answer -------------------------------------------
  hear::joined joins(const std::string& room, std::optional<protocol::position> since = {},
                     std::optional<std::uint32_t> limit = {}, std::optional<std::vector<std::string>> want = {});
  hear::ack sends(const std::string& room, const std::string& body, const std::string& cid = {});
  hear::ack sends(say::send what);
  hear::page fetches(say::fetch what);
  void leaves(const std::string& room, bool forget = false);
  void pings();
  hear::rooms inbox(const std::optional<std::string>& after = {});
  hear::presence who(const std::string& room);

  /// Sends any request and gives whatever answers it.
  protocol::push asks(protocol::request what);
  /// The same, where the answer has to be an error.
  hear::error refused(protocol::request what);
  hear::error refused_send(const std::string& room, const std::string& body, const std::string& cid = {});

  // -- deeds that do not wait -------------------------------------------------------
  /// Gives the request's id; `answer_to` waits for it.
  protocol::request_id starts(protocol::request what);
  protocol::push answer_to(protocol::request_id id);
  void tells(protocol::request what); ///< typing, mark
  void writes(const std::string& raw_frame, bool text = true);

  // -- what comes -------------------------------------------------------------------
  /// The next push of this kind; others keep their place.
  template <class Push>
  Push next() {
    std::optional<Push> found;
    wait([&] { return (found = take<Push>()).has_value(); }, Push::wire_name);
    return std::move(*found);
  }
  /// The next push of this kind, if it is here already.
  template <class Push>
  std::optional<Push> take() {
    for (auto at = pushes_.begin(); at != pushes_.end(); ++at)
      if (auto* found = std::get_if<Push>(&*at)) {
        auto taken = std::move(*found);
        pushes_.erase(at);
        return taken;
      }
    return std::nullopt;
  }
  /// The next push of any kind, if one is here already.
  std::optional<protocol::push> take_any();
  hear::message next_message() { return next<hear::message>(); }
  hear::error next_error() { return next<hear::error>(); }
  /// Everything that came and was not asked for, in order; after a `ping`, so that nothing is on its way.
  std::deque<protocol::push> settled();

  // -- the end ----------------------------------------------------------------------
  /// Waits for the connection to end.
  client::loss loses_connection();
  bool connected() const { return !loss_; }
  /// Closes in good order and waits.
  void closes();
  /// Cuts the connection without a word.
  void vanishes();
  /// Stops reading; `listens` goes on.
  void stops_reading() { connection_->pause_reading(); }
  void listens() { connection_->resume_reading(); }
  client::connection& socket() { return *connection_; }
  /// Lets the socket work until `done`, at most for the client's patience.
  void wait(const std::function<bool()>& done, const std::string& what);
  /// Lets the socket work for that long.
  void lives_for(std::chrono::milliseconds time);

private:
  /// Lets the socket take what was written.
  void flush();
  template <class Answer>
  Answer expect(protocol::push got, const char* asked);

  options how_;
  boost::asio::io_context io_;
  std::optional<checker::observed_connection> observed_;
  std::shared_ptr<client::connection> connection_;
  std::deque<protocol::push> pushes_;
  std::optional<client::loss> loss_;
  bool open_ = false;
  protocol::request_id next_id_ = 1;
  hear::welcome welcome_;
};

/// One frame as text, for messages of failed tests.
std::string shown(const protocol::push& what);

/// Reads a room's raw pages to the end into the recorder, as its final history.
void record_final_history(checker::recorder& into, live_client& reader, const std::string& room);

} // namespace troupe::tests
