// client/connection.hpp
//
// One WebSocket to a node: frames as structs in both directions, nothing about rooms.
#pragma once

#include "client/endpoint.hpp"
#include "protocol/codec.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::client {

/// How a connection ended.
struct loss {
  std::uint16_t code = 0; ///< Of the close frame; 0 when there was none.
  std::string reason;     ///< For people.
  bool was_open = false;  ///< The upgrade had succeeded.
  bool operator==(const loss&) const = default;
};

struct connection_options {
  std::chrono::milliseconds open_within{10'000}; ///< From resolving the name to the end of the upgrade.
  int receive_buffer_bytes = 0;                  ///< SO_RCVBUF; 0 = the system's own.
  std::string origin;                            ///< The Origin header; none when empty.
};

/// What a connection tells. All are called from the io_context, none after `lost`.
struct connection_events {
  std::function<void()> opened;
  std::function<void(const protocol::push&)> received;
  std::function<void(const std::string& why)> not_understood; ///< A frame that is not of the protocol.
  std::function<void(const loss&)> lost;                      ///< Exactly once.
  std::function<void(const protocol::request&)> sending;      ///< Just before a frame goes to the socket.
};

/// An asynchronous WebSocket client.
///
/// Ordering:  frames go out in the order of the calls; what comes in is told in the order of the socket.
///            An answer is given to the one who asked before it is told in `received`.
/// Threading: one thread, the one that runs the io_context.
/// Lifetime:  shared; pending operations hold it. `abandon` makes it fall silent at once.
/// Overload:  queues what is written without a bound; the caller keeps to `welcome.limits`.
/// Errors:    none are thrown; whatever ends the connection arrives once, in `lost`.
class connection {
public:
  using answered = std::function<void(const protocol::push&)>;

  /// Starts to connect.
  static std::shared_ptr<connection> open(boost::asio::io_context& io, endpoint where, connection_events events,
                                          connection_options options = {});
  virtual ~connection() = default;

  virtual void send(const protocol::request& what) = 0;
  /// Bytes as they are, as a text or a binary frame. For tests of what must not hurt.
  virtual void send_raw(std::string frame, bool text = true) = 0;
  /// Sends with an id of the connection's own (from 2^40 up) and calls `then` with the answer.
  virtual void ask(protocol::request what, answered then) = 0;
  /// Begins the closing handshake; `lost` follows.
  virtual void close(std::uint16_t code = 1000) = 0;
  /// Drops the socket without a word and tells nothing any more.
  virtual void abandon() = 0;
  /// Drops the socket without a word, as a network does; `lost` follows.
  virtual void cut() = 0;
  /// Stops and goes on reading, so that a test can be a slow reader.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  /// Bytes given to `send` that the socket has not taken yet.
  virtual std::size_t queued_bytes() const = 0;
};

/// The request a frame answers.
std::optional<protocol::request_id> answers(const protocol::push& what);

/// The `id` of a request; nothing for those that have none.
std::optional<protocol::request_id> id_of(const protocol::request& what);
void set_id(protocol::request& what, protocol::request_id id);

} // namespace troupe::client
