// checker/observed.hpp
//
// From frames to events: what every recording client shares.
#pragma once

#include "checker/event_sink.hpp"
#include "protocol/codec.hpp"

#include <map>
#include <string>

namespace troupe::checker {

/// One connection as the recorder sees it. Feed it every frame in the order of the socket.
///
/// Threading: one thread at a time.
/// Lifetime:  the sink outlives it. The destructor records the loss of the connection if nobody did.
class observed_connection {
public:
  observed_connection(event_sink& into, std::string client, std::string user);
  ~observed_connection();
  observed_connection(observed_connection&& other) noexcept;
  observed_connection& operator=(observed_connection&&) = delete;

  /// Just before the frame is given to the socket.
  void sending(const protocol::request& what);
  /// As soon as the frame was read.
  void received(const protocol::push& what);
  /// The socket is gone. Every send without an answer becomes `unknown`.
  void lost(const std::string& code);

  std::uint64_t number() const { return conn_; }

private:
  struct asked_send {
    std::string room;
    std::string cid;
  };
  struct asked_page {
    std::string toward;
    seq_t seq = 0;
    bool raw = false;
  };
  struct asked_join {
    std::string epoch;
    seq_t seq = 0;
  };

  struct asked_leave {
    request_id leave = 0; ///< 0 once it is answered.
    request_id join = 0;  ///< A later join, whose answer begins a new stream; 0 = none.
  };

  void settle_leave(request_id re);
  event begin(happening what, const std::string& room = {}) const;
  void record_entry(const std::string& room, const std::string& epoch, const protocol::entry& shown, const char* via);
  void record(const protocol::server::joined& what);
  void record(const protocol::server::page& what);
  void record(const protocol::server::ack& what);
  void record(const protocol::server::error& what);
  void record(const protocol::server::message& what);

  event_sink* into_;
  std::uint64_t conn_;
  std::string user_;
  bool open_ = true;
  std::map<request_id, asked_send> sends_;
  std::map<request_id, asked_page> pages_;
  std::map<request_id, asked_join> joins_;
  std::map<std::string, asked_leave> leaving_; ///< By room: what still comes of it belongs to no stream.
  std::map<std::string, asked_join> resumed_;  ///< By room, from `hello`.
};

/// Records a room's final history from raw pages. Call `row` ascending from the oldest held.
class final_history {
public:
  /// `prev` is the chain before the first row, `min` the oldest seq held.
  final_history(event_sink& into, std::string room, std::string epoch, seq_t min, seq_t head, std::string prev);
  void row(const protocol::entry& raw);

private:
  event_sink& into_;
  std::string room_;
};

} // namespace troupe::checker
