// apps/troupe/bench/websocket_dialect.hpp
#pragma once

#include "apps/troupe/bench/dialect.hpp"
#include "apps/troupe/bench/sockets.hpp"
#include "apps/troupe/bench/websocket_frames.hpp"

namespace troupe::bench {

/// What the dialects over WebSocket share: the upgrade, frames, fragments, pings, closing.
class websocket_dialect : public dialect {
public:
  void open(connection& c) final;
  std::size_t consume(connection& c, std::string_view bytes, events& out) final;

protected:
  websocket_dialect(const settings& s, const layout& l, std::string subprotocol);

  /// The path and query asked for.
  virtual std::string target_for(const connection& c) const = 0;
  /// The upgrade is done.
  virtual void upgraded(connection& c, events& out) = 0;
  /// One whole data message.
  virtual void received(connection& c, std::string_view message, events& out) = 0;

  const settings& settings_;
  const layout& layout_;
  const endpoint server_;

private:
  std::size_t read_upgrade(connection& c, std::string_view bytes, events& out);
  bool read_control(connection& c, const frame& f, events& out);

  const std::string subprotocol_;
};

} // namespace troupe::bench
