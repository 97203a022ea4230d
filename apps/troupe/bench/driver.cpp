#include "apps/troupe/bench/driver.hpp"

#include "apps/troupe/bench/websocket_frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::bench {

namespace {

constexpr std::uint32_t nobody = UINT32_MAX;
constexpr std::uint32_t bell_tag = UINT32_MAX;
constexpr std::size_t buffer_bytes = 2 * frame_bytes_max;
constexpr std::int64_t wait_ns_max = 20'000'000;
constexpr std::uint32_t pings_per_turn_max = 256;

/// Streams of one receiver in the ledger.
std::uint32_t streams_each(const layout& l) { return l.joins ? l.senders : 1; }

} // namespace

driver::driver(const settings& s, const layout& l, board& b, std::uint32_t first, std::uint32_t last)
  : settings_{s}, layout_{l}, board_{b}, first_{first}, last_{last}, servers_{parse_url(s.url)}, dialect_{make_dialect(
                                                                                                   s, l)},
    connections_(last - first), sender_at_(last - first, nobody),
    buffer_(buffer_bytes), ledger_{static_cast<std::size_t>(last - first) * streams_each(l)} {
  for (const auto& url : s.other_urls)
    servers_.push_back(parse_url(url));
  poll_ = epoll_create1(EPOLL_CLOEXEC);
  bell_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event bell{};
  bell.events = EPOLLIN | EPOLLET;
  bell.data.u32 = bell_tag;
  if (poll_ < 0 || bell_ < 0 || epoll_ctl(poll_, EPOLL_CTL_ADD, bell_, &bell) != 0)
    throw std::runtime_error("epoll is not to be had");
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    auto& c = connections_[i];
    c.index = first + i;
    c.room = l.room_of(c.index);
    c.seat = l.seat_of(c.index);
    c.mask = (c.index + 1) * 2'654'435'761u;
    c.first_stream = static_cast<std::size_t>(i) * streams_each(l);
    if (l.senders != 0 && l.sends(c.index)) {
      sender_at_[i] = static_cast<std::uint32_t>(senders_.size());
      senders_.emplace_back().connection = i;
      senders_.back().global = l.sender_index(c.room, c.seat);
    }
  }
  if (!senders_.empty()) {
    const auto share = static_cast<double>(senders_.size()) / static_cast<double>(b.sent.size());
    interval_ns_ = 1e9 * l.audience() / (s.rate_per_s * share);
  }
}

driver::~driver() {
  for (auto& c : connections_)
    if (c.fd >= 0)
      reset_and_close(c.fd);
  ::close(poll_);
  ::close(bell_);
}

void driver::run() {
  prctl(PR_SET_TIMERSLACK, 1'000ul);
  std::array<epoll_event, 512> found;
  for (auto at = stage::opening; at != stage::finished; at = board_.at.load(std::memory_order_acquire)) {
    now_ns_ = steady_ns();
    if (at == stage::opening) {
      open_more();
    } else if (at == stage::sending) {
      if (board_.window_each == 0)
        send_due();
      else
        send_freed();
    }
    ping_due();
    for (std::size_t i = 0; i < to_flush_.size(); ++i)
      flush(connections_[to_flush_[i]]);
    to_flush_.clear();
    arrived_.store(ledger_.sums().arrived, std::memory_order_relaxed);
    sent_.store(sent_here_, std::memory_order_relaxed);

    const auto wait = wait_ns();
    const timespec patience{wait / 1'000'000'000, wait % 1'000'000'000};
    const int n = epoll_pwait2(poll_, found.data(), static_cast<int>(found.size()), &patience, nullptr);
    for (int i = 0; i < n; ++i) {
      if (found[static_cast<std::size_t>(i)].data.u32 == bell_tag)
        take_wakes();
      else
        react(connections_[found[static_cast<std::size_t>(i)].data.u32], found[static_cast<std::size_t>(i)].events);
    }
  }
}

std::int64_t driver::wait_ns() const {
  if (senders_.empty() || board_.at.load(std::memory_order_relaxed) != stage::sending)
    return wait_ns_max;
  if (board_.window_each != 0)
    return window_open_ && freed_.empty() ? wait_ns_max : 0;
  const auto due = board_.sending_from_ns.load(std::memory_order_relaxed) +
                   static_cast<std::int64_t>(static_cast<double>(next_message_) * interval_ns_);
  return std::clamp<std::int64_t>(due - steady_ns(), 0, wait_ns_max);
}

void driver::open_more() {
  while (next_to_open_ < connections_.size() && opening_ < settings_.connecting_max) {
    auto& c = connections_[next_to_open_];
    c.fd = start_connect(servers_[c.index % servers_.size()], c.index);
    if (c.fd < 0) {
      ++next_to_open_;
      failed(c, fmt::format("connect: {}", std::strerror(errno)));
      return;
    }
    c.at = phase::connecting;
    ++opening_;
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    interest.data.u32 = next_to_open_++;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, c.fd, &interest) != 0)
      failed(c, fmt::format("epoll_ctl: {}", std::strerror(errno)));
  }
}

void driver::react(connection& c, std::uint32_t what) {
  if (c.fd < 0)
    return;
  if (c.at == phase::connecting) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      failed(c, fmt::format("connect: {}", std::strerror(error)));
      return;
    }
    if ((what & EPOLLOUT) == 0)
      return;
    dialect_->open(c);
    flush(c);
  }
  if ((what & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0)
    receive(c, (what & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0);
  if ((what & EPOLLOUT) != 0 && c.fd >= 0 && !c.outgoing.empty())
    flush(c);
}

void driver::receive(connection& c, bool ending) {
  while (c.fd >= 0) {
    const auto kept = c.tail.size();
    if (kept == buffer_.size()) {
      failed(c, "a frame longer than any may be");
      return;
    }
    if (kept != 0)
      std::memcpy(buffer_.data(), c.tail.data(), kept);
    const auto room = buffer_.size() - kept;
    const auto n = recv(c.fd, buffer_.data() + kept, room, 0);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR)
        failed(c, fmt::format("recv: {}", std::strerror(errno)));
      return;
    }
    if (n == 0) {
      failed(c, "closed by the server");
      return;
    }
    now_ns_ = steady_ns();
    const auto bytes = kept + static_cast<std::size_t>(n);
    const auto used = dialect_->consume(c, {buffer_.data(), bytes}, *this);
    if (c.fd < 0)
      return;
    if (used < bytes)
      c.tail.assign(buffer_.data() + used, bytes - used);
    else if (kept != 0)
      c.tail.clear();
    if (!c.outgoing.empty())
      flush_later(c);
    // Edge-triggered: a short read means that the socket is empty, but the end of the stream
    // may have come with the data and would not be told again.
    if (static_cast<std::size_t>(n) < room && !ending)
      return;
  }
}

void driver::flush_later(connection& c) {
  if (c.flush_queued)
    return;
  c.flush_queued = true;
  to_flush_.push_back(c.index - first_);
}

void driver::flush(connection& c) {
  c.flush_queued = false;
  if (c.fd < 0 || c.outgoing.empty())
    return;
  const auto n = ::send(c.fd, c.outgoing.data(), c.outgoing.size(), MSG_NOSIGNAL);
  if (n >= 0)
    c.outgoing.erase(0, static_cast<std::size_t>(n));
  else if (errno != EAGAIN && errno != EINTR)
    failed(c, fmt::format("send: {}", std::strerror(errno)));
}

void driver::ready(connection& c) {
  c.at = phase::ready;
  --opening_;
  c.ping_at_ns = now_ns_ + c.ping_every_ns;
  ready_.store(ready_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void driver::failed(connection& c, std::string_view why) {
  if (c.at == phase::closed)
    return;
  if (c.at != phase::waiting && c.at != phase::ready)
    --opening_;
  c.at = phase::closed;
  if (c.fd >= 0)
    reset_and_close(c.fd);
  c.fd = -1;
  failed_.store(failed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  board_.complain(why);
}

/// One sweep a second over a part of the connections; each is asked whether its time has come.
void driver::ping_due() {
  if (now_ns_ < next_ping_sweep_ns_)
    return;
  std::uint32_t pinged = 0;
  for (; next_to_ping_ < connections_.size() && pinged < pings_per_turn_max; ++next_to_ping_) {
    auto& c = connections_[next_to_ping_];
    if (c.at != phase::ready || c.ping_every_ns == 0 || now_ns_ < c.ping_at_ns)
      continue;
    dialect_->ping(c);
    c.ping_at_ns = now_ns_ + c.ping_every_ns;
    flush_later(c);
    ++pinged;
  }
  if (next_to_ping_ == connections_.size()) {
    next_to_ping_ = 0;
    next_ping_sweep_ns_ = now_ns_ + 1'000'000'000;
  }
}

} // namespace troupe::bench
