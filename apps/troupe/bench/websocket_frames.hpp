// apps/troupe/bench/websocket_frames.hpp
//
// As much of RFC 6455 as a load generator's client side needs. The server's WebSocket is
// Beast's; this one is written by hand because a generator has to cost a small part of
// what it measures: it scans frames where recv() put them, copies nothing and validates
// nothing but the frame's form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::bench {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct frame {
  opcode kind = opcode::text;
  bool final = true;
  std::string_view payload; ///< Points into the scanned bytes.
  std::size_t bytes = 0;    ///< Of the whole frame, header included.
};

enum class scan_result : std::uint8_t { whole, partial, broken };

/// Reads the frame that starts at `bytes`. `partial`: more bytes are needed, `out` is
/// untouched. `broken`: masked, reserved bits, or longer than `frame_bytes_max`.
scan_result scan_frame(std::string_view bytes, frame& out) noexcept;

/// Longest frame taken from a server.
inline constexpr std::size_t frame_bytes_max = 256 * 1024;

/// Appends one masked frame.
void write_frame(std::string& out, opcode kind, std::string_view payload, std::uint32_t mask);

/// The request that opens a WebSocket. The nonce is always the same and the answer's digest
/// is not checked: nothing here is protected by it.
std::string upgrade_request(std::string_view host, std::string_view target, std::string_view subprotocol);

} // namespace troupe::bench
