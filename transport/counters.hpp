// transport/counters.hpp
//
// What transport counts. Each I/O thread has its own, so that counting costs a plain
// add; the exporter in metrics.hpp reads them while they change.
#pragma once

#include <boost/describe/class.hpp>

#include <atomic>
#include <cstdint>

namespace troupe::transport {

using counter = std::atomic<std::uint64_t>; ///< Only grows; exported with the suffix `_total`.
using gauge = std::atomic<std::int64_t>;    ///< Goes up and down.

/// Adds to a counter or gauge that one thread alone writes: no locked instruction.
template <class T>
void bump(std::atomic<T>& what, std::int64_t by = 1) noexcept {
  what.store(static_cast<T>(what.load(std::memory_order_relaxed) + static_cast<T>(by)), std::memory_order_relaxed);
}

/// Of an I/O thread as an execution unit.
struct unit_counters {
  counter turns;   ///< Loop turns that flushed something.
  counter drains;  ///< Bursts of resumed actors.
  counter resumes; ///< Actors resumed.
  counter flushes; ///< Sockets flushed.
};
BOOST_DESCRIBE_STRUCT(unit_counters, (), (turns, drains, resumes, flushes))

/// Of the sockets of an I/O thread.
struct socket_counters {
  gauge sockets;                     ///< Open now, HTTP and WebSocket.
  gauge connections;                 ///< WebSockets open now.
  counter accepted;                  ///< Sockets accepted.
  counter handshakes;                ///< Upgrades completed.
  counter requests;                  ///< HTTP requests answered, upgrades not counted.
  counter refused_sockets;           ///< Closed at once: too many sockets, of all or of one address.
  counter refused_connections;       ///< 503: `connections_max`.
  counter refused_per_ip;            ///< 503: `connections_per_ip_max`.
  counter refused_handshakes;        ///< 503: `handshakes_per_s`.
  counter refused_handshakes_per_ip; ///< 503: `handshakes_per_ip_per_s`.
  counter refused_origins;           ///< 403.
  counter refused_upgrades;          ///< 400, 405 and 426 at the upgrade.
  counter refused_descriptors;       ///< Turned away for want of a descriptor.
  counter accept_pauses;             ///< Accepting rested, out of descriptors or memory.
  counter deadlines;                 ///< Sockets closed because a handshake or request took too long.
  counter floods;                    ///< Connections closed with 1008.
  counter bytes_in;
  counter bytes_out;
  counter messages_in; ///< Whole text messages.
  counter frames_out;  ///< Frames of connections, without pongs and closes.
  counter send_calls;
  counter send_blocks; ///< Send calls that could not take everything.
  counter recv_calls;
};
BOOST_DESCRIBE_STRUCT(socket_counters, (),
                      (sockets, connections, accepted, handshakes, requests, refused_sockets, refused_connections,
                       refused_per_ip, refused_handshakes, refused_handshakes_per_ip, refused_origins, refused_upgrades,
                       refused_descriptors, accept_pauses, deadlines, floods, bytes_in, bytes_out, messages_in,
                       frames_out, send_calls, send_blocks, recv_calls))

} // namespace troupe::transport
