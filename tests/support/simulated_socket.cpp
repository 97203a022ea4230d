#include "tests/support/simulated_socket.hpp"

#include <utility>

namespace troupe::tests {

namespace {

constexpr std::int64_t open_within_ms = 10'000;
constexpr std::int64_t delay_ms_max = 3;
constexpr std::size_t write_bytes = 16 * 1024;

} // namespace

std::shared_ptr<simulated_socket> simulated_socket::open(stage& world, socket_host* to, callbacks tell) {
  std::shared_ptr<simulated_socket> made{new simulated_socket{world, to, std::move(tell)}};
  made->connect();
  return made;
}

void simulated_socket::connect() {
  auto self = shared_from_this();
  if (host_)
    host_->keep(self);
  world_.when.after(world_.chance.between(1, delay_ms_max), [self] {
    if (!self->host_ || self->host_->alive().dead() || !self->host_->listens())
      return self->lose({.reason = "refused"});
    self->host_->alive().then([self] { self->attach(); });
  });
  world_.when.after(open_within_ms, [self] {
    if (!self->was_open_)
      self->lose({.reason = "no answer"});
  });
}

// -- the client's end ----------------------------------------------------------------------------

void simulated_socket::transmit(std::string frame) {
  to_host_.push_back(std::move(frame));
  world_.when.after(world_.chance.between(0, delay_ms_max),
                    [self = shared_from_this()] { self->host_->alive().then([self] { self->arrive_at_host(); }); });
}

void simulated_socket::drop_by_client() {
  client_open_ = false;
  if (!host_)
    return;
  if (world_.chance.one_in(2) && !to_host_.empty())
    to_host_.erase(to_host_.begin() + static_cast<std::ptrdiff_t>(world_.chance.below(to_host_.size())),
                   to_host_.end());
  world_.when.after(world_.chance.between(delay_ms_max, 40), [self = shared_from_this()] {
    self->host_->alive().then([self] { self->host_hears_end(actors::ending::reset); });
  });
}

void simulated_socket::cut() {
  auto self = shared_from_this();
  world_.when.after(world_.chance.between(0, 30), [self] { self->lose({.reason = "cut", .was_open = true}); });
  world_.when.after(world_.chance.between(0, 2'000), [self] {
    if (self->host_)
      self->host_->alive().then([self] { self->host_hears_end(actors::ending::reset); });
  });
}

void simulated_socket::reads(bool on) {
  reading_ = on;
  if (on)
    wake();
}

void simulated_socket::to_client(batch what) {
  to_client_.push_back(std::move(what));
  world_.when.after(world_.chance.between(0, delay_ms_max), [self = shared_from_this()] { self->arrive_at_client(); });
}

void simulated_socket::arrive_at_client() {
  if (to_client_.empty())
    return;
  const auto what = std::move(to_client_.front());
  to_client_.pop_front();
  if (const auto* end = std::get_if<client::loss>(&what))
    return lose(*end);
  for (const auto& frame : std::get<0>(what)) {
    if (!client_open_)
      return;
    const auto decoded = protocol::decode_server_json(frame->payload());
    if (const auto* push = std::get_if<protocol::push>(&decoded))
      tell_.received(*push);
    else
      world_.breach("a frame that is none: {}", std::get<protocol::decode_failure>(decoded).message);
  }
}

void simulated_socket::lose(client::loss how) {
  if (!std::exchange(client_open_, false))
    return;
  how.was_open = was_open_;
  tell_.lost(how);
}

// -- the node's end ------------------------------------------------------------------------------

void simulated_socket::attach() {
  if (!client_open_ || host_done_ || !host_->listens())
    return lose({.reason = "refused"});
  auto made = host_->attach(world_.chance.below(host_->io_threads()), *this);
  events_ = made.events;
  keep_ = std::move(made.keep);
  events_->opened();
  world_.when.after(world_.chance.between(1, delay_ms_max), [self = shared_from_this()] {
    if (!self->client_open_)
      return;
    self->was_open_ = true;
    self->tell_.opened();
  });
}

void simulated_socket::arrive_at_host() {
  if (!events_ || host_done_ || closing_ || to_host_.empty())
    return;
  const auto frame = std::move(to_host_.front());
  to_host_.pop_front();
  events_->received(frame);
}

void simulated_socket::tick(std::int64_t now_ms) {
  if (events_ && !host_done_)
    events_->tick(now_ms);
}

void simulated_socket::wake() {
  if (!host_ || !reading_ || host_done_ || std::exchange(flush_due_, true))
    return;
  world_.when.after(world_.chance.between(0, 1),
                    [self = shared_from_this()] { self->host_->alive().then([self] { self->flush(); }); });
}

void simulated_socket::flush() {
  flush_due_ = false;
  if (!events_ || host_done_ || !reading_)
    return;
  std::vector<actors::shared_frame> frames;
  events_->take(frames, write_bytes);
  if (!frames.empty()) {
    to_client(std::move(frames));
    return wake();
  }
  if (!closing_)
    return;
  to_client(*closing_);
  host_hears_end(actors::ending::by_us);
}

void simulated_socket::close(protocol::close_code why, std::string_view reason) {
  closing_ = client::loss{static_cast<std::uint16_t>(why), std::string{reason}, true};
  reading_ = true; // A client that does not read is not waited for.
  wake();
}

/// The connection has ended by itself.
void simulated_socket::drop() {
  events_ = nullptr;
  if (!host_done_)
    to_client(client::loss{.reason = "dropped by the node"});
  host_done_ = true;
}

void simulated_socket::host_hears_end(actors::ending why) {
  if (host_done_)
    return;
  host_done_ = true;
  if (auto* events = std::exchange(events_, nullptr))
    events->closed(why);
  keep_ = nullptr;
}

void simulated_socket::close_by_host() {
  if (host_done_)
    return;
  to_client(client::loss{.code = 1001, .reason = "the node ends"});
  host_hears_end(actors::ending::by_us);
}

void simulated_socket::reset() {
  if (host_done_)
    return;
  host_done_ = true;
  world_.when.after(world_.chance.between(0, 30), [self = shared_from_this()] { self->lose({.reason = "reset"}); });
}

void simulated_socket::bury() {
  host_done_ = true;
  if (auto* events = std::exchange(events_, nullptr))
    events->closed(actors::ending::reset);
  keep_ = nullptr;
}

} // namespace troupe::tests
