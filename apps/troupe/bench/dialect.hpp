// apps/troupe/bench/dialect.hpp
#pragma once

#include "apps/troupe/bench/layout.hpp"
#include "apps/troupe/bench/stamp.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::bench {

/// Where a connection stands on its way to being ready.
enum class phase : std::uint8_t { waiting, connecting, upgrading, greeting, joining, ready, closed };

/// One socket of the load.
struct connection {
  int fd = -1;
  phase at = phase::waiting;
  bool flush_queued = false;
  std::uint32_t index = 0; ///< Of the whole run.
  std::uint32_t room = 0;
  std::uint32_t seat = 0; ///< Within the room.
  std::uint32_t mask = 0; ///< WebSocket masking key.
  std::uint32_t joins_left = 0;
  std::size_t first_stream = 0;   ///< In its driver's ledger.
  std::int64_t ping_every_ns = 0; ///< 0 = the server wants none.
  std::int64_t ping_at_ns = 0;
  std::string outgoing;  ///< What send() did not take yet.
  std::string tail;      ///< The start of an incomplete frame.
  std::string fragments; ///< The start of a fragmented WebSocket message.
};

/// What a dialect found in the bytes of a connection.
class events {
public:
  virtual void ready(connection& c) = 0;                        ///< It has joined; at most once.
  virtual void delivered(connection& c, const stamp& what) = 0; ///< A message, the sender's own included.
  virtual void acked(connection& c, std::uint32_t number) = 0;  ///< In place of one's own message.
  virtual void refused(connection& c, std::uint32_t number, std::string_view answer) = 0; ///< It will not be delivered.
  virtual void gapped(connection& c) = 0;                       ///< The server left messages out and said so.
  virtual void failed(connection& c, std::string_view why) = 0; ///< The connection is of no more use.

protected:
  ~events() = default;
};

/// A protocol, seen from a client that only generates load. Stateless but for learned
/// offsets: one object per driver, all state of a connection is in `connection`.
class dialect {
public:
  virtual ~dialect() = default;

  /// Appends to `c.outgoing` what a connection says first.
  virtual void open(connection& c) = 0;

  /// Reads as many whole units as `bytes` holds; returns how many bytes they were. Appends
  /// answers to `c.outgoing`. Stops early when the connection has failed.
  virtual std::size_t consume(connection& c, std::string_view bytes, events& out) = 0;

  /// Appends one message to `c.outgoing`.
  virtual void send(connection& c, const stamp& what) = 0;

  /// Appends a sign of life to `c.outgoing`, where the protocol asks for one.
  virtual void ping(connection&) {}
};

std::unique_ptr<dialect> make_troupe_dialect(const settings& s, const layout& l);
std::unique_ptr<dialect> make_hub_dialect(const settings& s, const layout& l);
std::unique_ptr<dialect> make_mqtt_dialect(const settings& s, const layout& l);
std::unique_ptr<dialect> make_dialect(const settings& s, const layout& l);

} // namespace troupe::bench
