#include "transport/listener.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/system_error.hpp>

#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

namespace troupe::transport {

namespace {

using reuse_port = net::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::string_view full_answer = "HTTP/1.1 503 Service Unavailable\r\n"
                                         "Retry-After: 2\r\n"
                                         "Connection: close\r\n"
                                         "Content-Length: 0\r\n\r\n";

int open_spare() noexcept { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

} // namespace

tcp::endpoint resolve_listen(std::string_view address) {
  const auto colon = address.rfind(':');
  const auto fail = [&] {
    return std::runtime_error{"listen address '" + std::string{address} + "' is not ADDR:PORT"};
  };
  if (colon == std::string_view::npos)
    throw fail();
  auto host = address.substr(0, colon);
  const auto digits = address.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty())
    throw fail();
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "*")
    return {tcp::v4(), port};
  error_code bad;
  if (const auto literal = net::ip::make_address(std::string{host}, bad); !bad)
    return {literal, port};
  net::io_context context;
  tcp::resolver resolver{context};
  const auto found = resolver.resolve(host, digits, bad);
  if (bad || found.empty())
    throw std::runtime_error{"listen host '" + std::string{host} + "' is unknown: " + bad.message()};
  return found.begin()->endpoint();
}

address_key key_of(const net::ip::address& address) {
  address_key result;
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  if (address.is_v4() || mapped) {
    const auto v4 = mapped ? net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()) : address.to_v4();
    result.bytes = net::ip::make_address_v6(net::ip::v4_mapped, v4).to_bytes();
  } else {
    result.bytes = address.to_v6().to_bytes();
    // Loopback stays whole, so that ::1 can be told from the rest of its /64.
    if (!address.to_v6().is_loopback())
      std::fill(result.bytes.begin() + 8, result.bytes.end(), std::uint8_t{0});
  }
  return result;
}

void check_unused(const tcp::endpoint& at) {
  if (at.port() == 0)
    return;
  net::io_context context;
  tcp::acceptor probe{context, at.protocol()};
  probe.set_option(tcp::acceptor::reuse_address{true});
  error_code error;
  probe.bind(at, error);
  if (error)
    throw std::runtime_error{"cannot listen on " + at.address().to_string() + ':' + std::to_string(at.port()) + ": " +
                             error.message()};
}

listener::listener(std::shared_ptr<lane> on, const tcp::endpoint& at)
  : lane_{std::move(on)}, acceptor_{lane_->thread.context().get_executor(), at.protocol()}, spare_{open_spare()} {
  ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
  acceptor_.set_option(tcp::acceptor::reuse_address{true});
  acceptor_.set_option(reuse_port{true});
  acceptor_.set_option(tcp::no_delay{true}); // accepted sockets inherit it
  acceptor_.bind(at);
  acceptor_.listen(4'096);
  acceptor_.non_blocking(true);
}

listener::~listener() {
  if (spare_ >= 0)
    ::close(spare_);
}

void listener::start() {
  lane_->thread.post([self = shared_from_this()] { self->wait(); });
}

void listener::stop() {
  timer_wheel::cancel(*this);
  error_code ignored;
  acceptor_.close(ignored);
}

void listener::wait() {
  if (acceptor_.is_open())
    acceptor_.async_wait(acceptor::wait_read, [self = shared_from_this()](error_code error) {
      if (!error)
        self->accept();
    });
}

void listener::accept() {
  lane_->thread.refresh_now();
  for (int count = 0; count < sockets_per_turn_max && acceptor_.is_open(); ++count) {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    const int descriptor = ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      peer.resize(size);
      welcome(descriptor, peer);
      continue;
    }
    switch (errno) {
    case EAGAIN: return wait();
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return out_of(errno);
    default: break; // that one socket failed before it got here
    }
  }
  wait();
}

void listener::welcome(int descriptor, const tcp::endpoint& peer) {
  bump(lane_->counters->accepted);
  tcp_socket socket{lane_->thread.context().get_executor()};
  error_code error;
  socket.assign(peer.protocol(), descriptor, error);
  if (error) {
    ::close(descriptor);
    return;
  }
  socket.non_blocking(true, error);
  const auto& site = *lane_->site;
  auto key = key_of(peer.address());
  key.trusted = std::find(site.trusted.begin(), site.trusted.end(), key) != site.trusted.end();
  auto place = lane_->site->admission.arrive(key, lane_->thread.now_ms());
  if (!place || lane_->leaving) {
    bump(lane_->counters->refused_sockets);
    return; // closed without a word: an answer would cost what is short
  }
  http_session::start(lane_, std::move(socket), peer, std::move(place));
}

void listener::out_of(int error) {
  bump(lane_->counters->accept_pauses);
  const auto now = lane_->thread.now_ms();
  if (now - logged_ms_ >= 1'000) {
    logged_ms_ = now;
    spdlog::warn("no new connections: {}; {} are open and stay so", std::strerror(error),
                 lane_->live.load(std::memory_order_relaxed));
  }
  turn_away();
  lane_->thread.schedule(*this, now + pause_ms);
}

/// Answers those who wait, so that they go elsewhere instead of waiting for a time-out.
void listener::turn_away() {
  if (spare_ < 0)
    return;
  for (int count = 0; count < sockets_per_turn_max; ++count) {
    ::close(spare_);
    const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      [[maybe_unused]] const auto sent = ::send(descriptor, full_answer.data(), full_answer.size(), MSG_NOSIGNAL);
      ::shutdown(descriptor, SHUT_WR);
      ::close(descriptor);
      bump(lane_->counters->refused_descriptors);
    }
    spare_ = open_spare();
    if (descriptor < 0 || spare_ < 0)
      return;
  }
}

void listener::expired(std::int64_t) {
  if (spare_ < 0)
    spare_ = open_spare();
  accept();
}

} // namespace troupe::transport
