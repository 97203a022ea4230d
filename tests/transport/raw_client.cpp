#include "tests/transport/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

namespace {

constexpr int patience_ms = 10'000;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

std::string raw_frame::bytes() const {
  std::string result;
  result.push_back(static_cast<char>((fin ? 0x80u : 0u) | reserved << 4 | opcode));
  const unsigned mask_bit = masked ? 0x80 : 0;
  const auto length = claimed_length.value_or(payload.size());
  const auto append = [&](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      result.push_back(static_cast<char>(length >> shift));
  };
  if (claimed_length || length > 0xffff) {
    result.push_back(static_cast<char>(mask_bit | 127));
    append(8);
  } else if (length > 125) {
    result.push_back(static_cast<char>(mask_bit | 126));
    append(2);
  } else {
    result.push_back(static_cast<char>(mask_bit | length));
  }
  if (!masked)
    return result.append(payload);
  constexpr std::string_view key = "\x11\x22\x33\x44";
  result.append(key);
  for (std::size_t index = 0; index < payload.size(); ++index)
    result.push_back(static_cast<char>(payload[index] ^ key[index % 4]));
  return result;
}

std::string text_frame(std::string_view payload) { return raw_frame{.payload = payload}.bytes(); }

std::string close_frame_of(std::uint16_t code) {
  const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  return raw_frame{.opcode = 8, .payload = payload}.bytes();
}

unsigned received_frame::close_code() const {
  if (payload.size() < 2)
    return 1005;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

raw_client::raw_client(std::uint16_t port) : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (descriptor_ < 0 || ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error{"cannot connect"};
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

raw_client::raw_client(raw_client&& other) noexcept
  : descriptor_{std::exchange(other.descriptor_, -1)}, buffer_{std::move(other.buffer_)} {}

raw_client::~raw_client() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{descriptor_, POLLOUT, 0};
    if (::poll(&ready, 1, patience_ms) <= 0)
      return false;
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return true;
}

bool raw_client::fill(int ms) {
  pollfd ready{descriptor_, POLLIN, 0};
  if (::poll(&ready, 1, ms) <= 0)
    return false;
  char bytes[64 * 1024];
  const auto got = ::recv(descriptor_, bytes, sizeof bytes, 0);
  if (got <= 0)
    return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<received_frame> raw_client::frame() {
  const auto need = [&](std::size_t bytes) {
    while (buffer_.size() < bytes)
      if (!fill(patience_ms))
        return false;
    return true;
  };
  if (!need(2))
    return std::nullopt;
  std::size_t header = 2;
  std::size_t length = buffer_[1] & 0x7f;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    if (!need(2 + bytes))
      return std::nullopt;
    length = 0;
    for (std::size_t index = 0; index < bytes; ++index)
      length = length << 8 | static_cast<unsigned char>(buffer_[2 + index]);
    header += bytes;
  }
  if (!need(header + length))
    return std::nullopt;
  received_frame result{static_cast<unsigned>(buffer_[0] & 0x0f), buffer_.substr(header, length)};
  buffer_.erase(0, header + length);
  return result;
}

unsigned raw_client::close_code() {
  while (auto next = frame())
    if (next->opcode == 8)
      return next->close_code();
  return 0;
}

std::string raw_client::answer() {
  auto end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill(patience_ms))
      return {};
  end += 4;
  std::size_t body = 0;
  if (const auto at = buffer_.find("Content-Length: "); at < end)
    body = static_cast<std::size_t>(std::atoll(buffer_.c_str() + at + 16));
  while (buffer_.size() < end + body)
    if (!fill(patience_ms))
      break;
  auto result = buffer_.substr(0, end + body);
  buffer_.erase(0, end + body);
  return result;
}

bool raw_client::ended_within(int ms) {
  const auto until = now_ms() + ms;
  while (true) {
    const auto left = until - now_ms();
    pollfd ready{descriptor_, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0)
      return false;
    char bytes[4096];
    if (::recv(descriptor_, bytes, sizeof bytes, 0) <= 0)
      return true;
  }
}

std::string upgrade_request_text(std::string_view more_fields) {
  return "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Protocol: troupe.v1\r\n" +
         std::string{more_fields} + "\r\n";
}

bool raw_client::upgrade(std::string_view more_fields) {
  return send(upgrade_request_text(more_fields)) && status_of(answer()) == 101;
}

unsigned status_of(std::string_view answer) {
  return answer.size() > 12 ? static_cast<unsigned>(std::atoi(answer.data() + 9)) : 0;
}

} // namespace troupe::tests
