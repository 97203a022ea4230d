// actors/wire.hpp
//
// Where a connection and its socket meet. Transport implements `wire` and calls
// `wire_events`; a test can do the same without a socket.
#pragma once

#include "actors/caf.hpp"
#include "actors/frame.hpp"
#include "protocol/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// A socket as its connection sees it.
///
/// Threading: both sides live on one I/O thread.
class wire {
public:
  virtual ~wire() = default;

  /// Frames wait: `wire_events::take` is called at the end of this loop turn, or as
  /// soon as the socket can take more.
  virtual void wake() = 0;

  /// Sends what `take` still gives, then the close frame, then ends; bounded by
  /// a few seconds. No frame is read any more. `closed` follows.
  virtual void close(protocol::close_code why, std::string_view reason) = 0;

  /// Ends at once, without a close frame. `closed` follows.
  virtual void drop() = 0;
};

/// What ended a connection, in the words of logs and metrics.
enum class ending : std::uint8_t { by_peer, by_us, reset, bad_frame };

/// A connection as its socket sees it.
class wire_events {
public:
  virtual ~wire_events() = default;

  /// The upgrade is done.
  virtual void opened() = 0;

  /// One whole text frame. The view is good during the call only.
  virtual void received(std::string_view text) = 0;

  /// Appends frames to `out` until about `bytes_max` bytes are there; called when
  /// the socket can take them. They go out in one gathered write.
  virtual void take(std::vector<shared_frame>& out, std::size_t bytes_max) = 0;

  /// Called about once a second with the thread's time (steady, milliseconds).
  virtual void tick(std::int64_t now_ms) = 0;

  /// The socket is gone; nothing is called after this.
  virtual void closed(ending why) = 0;
};

/// Who is on the other side of a socket.
struct peer {
  std::string address; ///< Without the port.
  std::string user_agent;
};

/// A connection for a socket, and what keeps it alive.
struct attached {
  wire_events* events = nullptr;
  caf::strong_actor_ptr keep; ///< Held by the socket until after `closed`.
};

/// Makes the connection actor of a socket whose upgrade was accepted. The wire stays
/// good until `closed` was called. Called on the I/O thread the socket lives on.
class wire_acceptor {
public:
  virtual ~wire_acceptor() = default;
  virtual attached attach(std::size_t io_thread, wire& socket, peer who) = 0;
};

} // namespace troupe::actors
