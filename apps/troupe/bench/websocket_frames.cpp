#include "apps/troupe/bench/websocket_frames.hpp"

#include <fmt/format.h>

#include <cstring>

namespace troupe::bench {

scan_result scan_frame(std::string_view bytes, frame& out) noexcept {
  if (bytes.size() < 2)
    return scan_result::partial;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  if ((p[0] & 0x70u) != 0 || (p[1] & 0x80u) != 0)
    return scan_result::broken;
  std::size_t header = 2;
  std::uint64_t size = p[1] & 0x7Fu;
  if (size == 126) {
    header = 4;
    if (bytes.size() < header)
      return scan_result::partial;
    size = (std::uint64_t{p[2]} << 8) | p[3];
  } else if (size == 127) {
    header = 10;
    if (bytes.size() < header)
      return scan_result::partial;
    size = 0;
    for (int i = 2; i < 10; ++i)
      size = (size << 8) | p[i];
  }
  if (size > frame_bytes_max)
    return scan_result::broken;
  if (bytes.size() < header + size)
    return scan_result::partial;
  out.kind = static_cast<opcode>(p[0] & 0x0Fu);
  out.final = (p[0] & 0x80u) != 0;
  out.payload = bytes.substr(header, size);
  out.bytes = header + size;
  return scan_result::whole;
}

void write_frame(std::string& out, opcode kind, std::string_view payload, std::uint32_t mask) {
  unsigned char header[14];
  std::size_t used = 2;
  header[0] = static_cast<unsigned char>(0x80u | static_cast<unsigned>(kind));
  if (payload.size() < 126) {
    header[1] = static_cast<unsigned char>(0x80u | payload.size());
  } else if (payload.size() < 65'536) {
    header[1] = 0x80u | 126u;
    header[2] = static_cast<unsigned char>(payload.size() >> 8);
    header[3] = static_cast<unsigned char>(payload.size());
    used = 4;
  } else {
    header[1] = 0x80u | 127u;
    for (int i = 0; i < 8; ++i)
      header[2 + i] = static_cast<unsigned char>(std::uint64_t{payload.size()} >> (56 - 8 * i));
    used = 10;
  }
  std::memcpy(header + used, &mask, 4);
  out.append(reinterpret_cast<const char*>(header), used + 4);
  const auto start = out.size();
  out.append(payload);
  char* p = out.data() + start;
  const std::uint64_t wide = (std::uint64_t{mask} << 32) | mask;
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t v;
    std::memcpy(&v, p + i, 8);
    v ^= wide;
    std::memcpy(p + i, &v, 8);
  }
  for (; i < payload.size(); ++i)
    p[i] = static_cast<char>(p[i] ^ static_cast<char>(mask >> (8 * (i & 3u))));
}

std::string upgrade_request(std::string_view host, std::string_view target, std::string_view subprotocol) {
  auto request = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                             target, host);
  if (!subprotocol.empty())
    request += fmt::format("Sec-WebSocket-Protocol: {}\r\n", subprotocol);
  return request + "\r\n";
}

} // namespace troupe::bench
