#include "apps/troupe/bench/sockets.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::bench {

namespace {

constexpr std::uint32_t connections_per_source = 20'000;

sockaddr_in socket_address(const endpoint& to) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  address.sin_addr.s_addr = to.address;
  return address;
}

} // namespace

endpoint parse_url(std::string_view url) {
  const auto whole = url;
  const auto refuse = [&](std::string_view why) -> endpoint {
    throw std::invalid_argument(fmt::format("{}: {}; write ws://HOST:PORT/PATH or mqtt://HOST:PORT", whole, why));
  };
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos)
    return refuse("no scheme");
  const auto name = url.substr(0, scheme);
  if (name != "ws" && name != "mqtt")
    return refuse("unknown scheme");
  url.remove_prefix(scheme + 3);
  endpoint out;
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    out.target = url.substr(slash);
    url = url.substr(0, slash);
  }
  const auto colon = url.rfind(':');
  if (colon == std::string_view::npos)
    return refuse("no port");
  out.host = url.substr(0, colon);
  const auto digits = url.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc{} || end != digits.data() + digits.size() || out.port == 0)
    return refuse("bad port");
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(out.host.c_str(), nullptr, &hints, &found) != 0 || found == nullptr)
    return refuse("unknown host");
  out.address = reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr.s_addr;
  freeaddrinfo(found);
  return out;
}

int start_connect(const endpoint& to, std::uint32_t index) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto address = socket_address(to);
  const bool loopback = (ntohl(to.address) >> 24) == 127;
  if (loopback && index >= connections_per_source) {
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl((127u << 24) + 1 + index / connections_per_source);
    // The port is chosen at connect(), when the destination is known: it may be shared with others.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof(source)) != 0) {
      const int error = errno;
      ::close(fd);
      errno = error;
      return -1;
    }
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

void reset_and_close(int fd) noexcept {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(fd);
}

std::uint64_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

std::string http_get(const endpoint& from, std::string_view target) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return {};
  const timeval patience{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const auto address = socket_address(from);
  const auto request =
    fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n\r\n", target, from.host, from.port);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char piece[16 * 1024];
    for (ssize_t n = 0; (n = recv(fd, piece, sizeof(piece), 0)) > 0;)
      answer.append(piece, static_cast<std::size_t>(n));
  }
  ::close(fd);
  const auto body = answer.find("\r\n\r\n");
  if (body == std::string::npos || !answer.starts_with("HTTP/1.1 200"))
    return {};
  return answer.substr(body + 4);
}

} // namespace troupe::bench
