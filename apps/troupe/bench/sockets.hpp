// apps/troupe/bench/sockets.hpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::bench {

/// Where the server listens. IPv4 only: the generator stands on the same machine or net.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string target = "/";  ///< Path of a WebSocket.
  std::uint32_t address = 0; ///< Network byte order.
};

/// Reads ws://HOST:PORT/PATH or mqtt://HOST:PORT. Throws std::invalid_argument.
endpoint parse_url(std::string_view url);

/// Starts a non-blocking connect with TCP_NODELAY. On loopback each 20,000 connections get
/// a source address of their own (127.0.0.1, 127.0.0.2 …), because one address has only
/// 28,000 ports to start from. Returns the socket, or -1 with errno set.
int start_connect(const endpoint& to, std::uint32_t index);

/// Closes with a reset: a closing handshake would leave each port unusable for a minute.
void reset_and_close(int fd) noexcept;

/// Lets the process open as many descriptors as its hard limit permits; returns that number.
std::uint64_t raise_descriptor_limit() noexcept;

/// GET over a socket of its own, blocking, at most 2 s. The body, or empty when it fails.
std::string http_get(const endpoint& from, std::string_view target);

} // namespace troupe::bench
