#include "apps/troupe/bench/websocket_dialect.hpp"

#include <fmt/format.h>

namespace troupe::bench {

namespace {

constexpr std::size_t upgrade_bytes_max = 8 * 1024;

} // namespace

websocket_dialect::websocket_dialect(const settings& s, const layout& l, std::string subprotocol)
  : settings_{s}, layout_{l}, server_{parse_url(s.url)}, subprotocol_{std::move(subprotocol)} {}

void websocket_dialect::open(connection& c) {
  c.outgoing += upgrade_request(fmt::format("{}:{}", server_.host, server_.port), target_for(c), subprotocol_);
  c.at = phase::upgrading;
}

std::size_t websocket_dialect::read_upgrade(connection& c, std::string_view bytes, events& out) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > upgrade_bytes_max)
      out.failed(c, "the answer to the upgrade has no end");
    return 0;
  }
  if (!bytes.starts_with("HTTP/1.1 101")) {
    out.failed(c, bytes.substr(0, bytes.find('\r')));
    return 0;
  }
  upgraded(c, out);
  return end + 4;
}

bool websocket_dialect::read_control(connection& c, const frame& f, events& out) {
  switch (f.kind) {
  case opcode::ping: write_frame(c.outgoing, opcode::pong, f.payload, c.mask); return true;
  case opcode::pong: return true;
  case opcode::close: {
    if (f.payload.size() < 2) {
      out.failed(c, "closed by the server");
      return false;
    }
    const auto code = static_cast<unsigned char>(f.payload[0]) * 256 + static_cast<unsigned char>(f.payload[1]);
    out.failed(c, fmt::format("closed by the server with {} {}", code, f.payload.substr(2)));
    return false;
  }
  default: out.failed(c, "unknown opcode"); return false;
  }
}

std::size_t websocket_dialect::consume(connection& c, std::string_view bytes, events& out) {
  std::size_t used = 0;
  if (c.at == phase::upgrading) {
    used = read_upgrade(c, bytes, out);
    if (used == 0)
      return 0;
  }
  frame f;
  while (c.at != phase::closed) {
    const auto result = scan_frame(bytes.substr(used), f);
    if (result == scan_result::partial)
      break;
    if (result == scan_result::broken) {
      out.failed(c, "broken WebSocket frame");
      break;
    }
    used += f.bytes;
    if (f.kind == opcode::text && f.final) [[likely]] {
      received(c, f.payload, out);
    } else if (f.kind == opcode::text || f.kind == opcode::binary || f.kind == opcode::continuation) {
      c.fragments.append(f.payload);
      if (c.fragments.size() > frame_bytes_max) {
        out.failed(c, "fragmented message without end");
        break;
      }
      if (f.final) {
        received(c, c.fragments, out);
        c.fragments.clear();
      }
    } else if (!read_control(c, f, out)) {
      break;
    }
  }
  return used;
}

} // namespace troupe::bench
