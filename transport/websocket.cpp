#include "transport/websocket.hpp"

#include "protocol/limits.hpp"
#include "transport/close_frame.hpp"
#include "transport/linger.hpp"
#include "transport/prompt_executor.hpp"
#include "transport/tick_times.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

namespace troupe::transport {

namespace {

constexpr std::size_t pieces_max = 1024; ///< Of one send call; the kernel's own limit.
constexpr int batches_per_turn_max = 4;  ///< Then others get their turn.
constexpr int messages_per_turn_max = 64;
constexpr std::uint16_t unsupported_data = 1003;
constexpr std::uint16_t try_again_later = 1013;

} // namespace

struct websocket::read_done {
  self_ptr self;

  using executor_type = prompt_executor;
  executor_type get_executor() const noexcept { return executor_type{self->home().thread.context()}; }

  void operator()(error_code error, std::size_t bytes) {
    if (self->prompt_) {
      self->read_completed_ = true;
      self->read_error_ = error;
      self->read_bytes_ = static_cast<std::uint32_t>(bytes);
    } else if (self->consume(error, bytes)) {
      self->read();
    }
  }
};

// -- beginning ----------------------------------------------------------------

websocket::websocket(std::shared_ptr<lane> on, tcp_socket socket, admission::place place)
  : session{std::move(on)}, stream_{cork{std::move(socket), *this}}, place_{std::move(place)} {}

websocket::~websocket() { home().thread.forget(*this); }

void websocket::accept(std::shared_ptr<lane> on, tcp_socket socket, const http_request& request, actors::peer who,
                       admission::place place) {
  self_ptr self{new websocket{std::move(on), std::move(socket), std::move(place)}};
  self->self_ = self;
  auto& stream = self->stream_;
  stream.read_message_max(protocol::limits::frame_bytes_max);
  stream.set_option(beast::websocket::stream_base::decorator([](beast::websocket::response_type& response) {
    response.set(http::field::sec_websocket_protocol, "troupe.v1");
    response.set(http::field::server, "troupe");
  }));
  stream.control_callback([socket = self.get()](beast::websocket::frame_type, beast::string_view payload) {
    if (!socket->guard_.control_frame(payload.size(), socket->home().thread.now_ms()))
      socket->fail(static_cast<std::uint16_t>(protocol::close_code::policy), "too many control frames");
  });
  stream.async_accept(request, [self, who = std::move(who)](error_code error) mutable {
    if (error || self->phase_ != phase::upgrading || self->home().leaving)
      self->abort();
    else
      self->opened(std::move(who));
  });
}

void websocket::opened(actors::peer who) {
  auto& thread = home().thread;
  phase_ = phase::open;
  bump(home().counters->handshakes);
  bump(home().counters->connections);
  actor_ = home().site->acceptor.attach(thread.index(), *this, std::move(who));
  const auto connections = home().counters->connections.load(std::memory_order_relaxed);
  tick_ms_ = first_tick_ms(thread.now_ms(), thread.spread(tick_ms), connections);
  thread.schedule(*this, tick_ms_);
  if (actor_.events)
    actor_.events->opened();
  read();
}

// -- reading ------------------------------------------------------------------

void websocket::read() {
  for (int messages = 0; messages < messages_per_turn_max; ++messages) {
    if (!socket().is_open())
      return;
    prompt_ = true;
    read_completed_ = false;
    stream_.async_read_some(net::buffer(home().scratch.get(), lane::scratch_bytes), read_done{self_ptr{this}});
    prompt_ = false;
    if (!read_completed_ || !consume(read_error_, read_bytes_))
      return;
  }
  home().thread.post([self = self_ptr{this}] { self->read(); });
}

bool websocket::was_read(std::size_t bytes) {
  home().thread.refresh_now();
  bump(home().counters->recv_calls);
  bump(home().counters->bytes_in, static_cast<std::int64_t>(bytes));
  if (!guard_.received(bytes))
    fail(static_cast<std::uint16_t>(protocol::close_code::policy), "too many fragments");
  return !failed_;
}

/// Handles one result of the stream; true when the next read may begin.
bool websocket::consume(error_code error, std::size_t bytes) {
  if (error) {
    reading_ended(error);
    return false;
  }
  guard_.carried(bytes);
  const auto done = stream_.is_message_done();
  if (done)
    guard_.message_done();
  if (phase_ != phase::open)
    return true; // whatever comes after `close` is read over, until the peer's close frame
  const std::string_view text{home().scratch.get(), bytes};
  bool on = true;
  if (stream_.got_binary())
    fail(unsupported_data, "text frames only");
  else if (done && !assembly_)
    on = deliver(text);
  else if (assemble(text) && done) {
    const auto whole = std::exchange(assembly_, {});
    on = deliver({whole.data(), std::exchange(assembled_, 0)});
  }
  if (!on || failed_ || phase_ == phase::sealed) {
    reading_over_ = true;
    return false;
  }
  return true;
}

bool websocket::deliver(std::string_view text) {
  bump(home().counters->messages_in);
  if (actor_.events)
    actor_.events->received(text);
  return socket().is_open();
}

bool websocket::assemble(std::string_view part) {
  const auto needed = assembled_ + part.size();
  if (assembly_.size() < needed) {
    auto larger = home().pool.acquire(needed);
    if (!larger) {
      fail(try_again_later, "out of buffers");
      return false;
    }
    if (assembly_)
      std::memcpy(larger->data(), assembly_.data(), assembled_);
    else
      message_since_ms_ = home().thread.now_ms();
    assembly_ = *std::move(larger);
  }
  std::memcpy(assembly_.data() + assembled_, part.data(), part.size());
  assembled_ = static_cast<std::uint32_t>(needed);
  return true;
}

void websocket::reading_ended(error_code error) {
  reading_over_ = true;
  assembly_.reset();
  if (!self_)
    return;
  if (error == beast::websocket::error::closed) {
    peer_ended_ = true;
    if (!why_)
      why_ = actors::ending::by_peer;
  } else if (phase_ == phase::sealed) { // Beast has answered a violation with its close frame, or `fail` has
    if (!why_)
      why_ = actors::ending::bad_frame;
  } else if (phase_ != phase::ended) {
    return break_off(actors::ending::reset);
  } else if (!failed_) {
    peer_ended_ = true;
  }
  finish_sending();
}

// -- writing ------------------------------------------------------------------

void websocket::wake() { home().thread.want_flush(*this); }

void websocket::write_own(std::string_view bytes) {
  if (phase_ >= phase::sealed)
    return;
  // A pong that finds no room is dropped: the peer does not read, and has been told often enough.
  if (!out_.append_own(bytes) && phase_ == phase::upgrading)
    return abort();
  if (phase_ != phase::upgrading && bytes.starts_with('\x88')) {
    phase_ = phase::sealed;
    deadline_ms_ = home().thread.now_ms() + close_ms_max;
  }
  home().thread.want_flush(*this);
}

void websocket::flush() {
  if (write_waiting_ || !socket().is_open())
    return;
  const self_ptr self{this};
  for (int batches = 0;; ++batches) {
    const bool more = take();
    if (!socket().is_open())
      return; // the connection dropped itself while it was asked
    if (phase_ == phase::draining && !more && !out_.has_batch())
      seal();
    while (!out_.empty())
      if (!send())
        return;
    if (phase_ == phase::draining)
      continue; // comes to an end: `take` gives nothing new to a closing connection, and there is a deadline
    if (!more || phase_ != phase::open)
      break;
    if (batches + 1 == batches_per_turn_max)
      return home().thread.want_flush(*this);
  }
  finish_sending();
}

/// Asks for the next batch when there is none; true when there may be more behind what is there.
bool websocket::take() {
  if (!actor_.events || (phase_ != phase::open && phase_ != phase::draining))
    return false;
  if (out_.has_batch())
    return true;
  auto& batch = home().batch;
  actor_.events->take(batch, take_bytes_max);
  std::size_t bytes = 0;
  for (const auto& frame : batch)
    bytes += frame->size();
  if (!batch.empty())
    out_.load(batch);
  return bytes >= take_bytes_max;
}

/// One send call; false when the socket has to be waited for, or is broken.
bool websocket::send() {
  std::array<iovec, pieces_max> pieces;
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = out_.gather(pieces);
  std::size_t wanted = 0;
  for (std::size_t index = 0; index < message.msg_iovlen; ++index)
    wanted += pieces[index].iov_len;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket().native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    bump(home().counters->send_calls);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
    break_off(actors::ending::reset);
    return false;
  }
  const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  bump(home().counters->bytes_out, static_cast<std::int64_t>(taken));
  bump(home().counters->frames_out, static_cast<std::int64_t>(out_.advance(taken)));
  if (taken < wanted) {
    bump(home().counters->send_blocks);
    wait_writable();
    return false;
  }
  out_.unload(home().batch);
  return true;
}

void websocket::wait_writable() {
  write_waiting_ = true;
  socket().async_wait(tcp_socket::wait_write, [self = self_ptr{this}](error_code error) {
    self->write_waiting_ = false;
    if (error)
      return;
    self->home().thread.refresh_now();
    self->flush();
  });
}

// -- ending -------------------------------------------------------------------

void websocket::close(protocol::close_code why, std::string_view reason) {
  if (phase_ != phase::open)
    return;
  phase_ = phase::draining;
  why_ = actors::ending::by_us;
  close_frame_ = make_close_frame(static_cast<std::uint16_t>(why), reason);
  deadline_ms_ = home().thread.now_ms() + close_ms_max;
  assembly_.reset();
  home().thread.want_flush(*this);
}

/// The peer broke a rule that Beast does not know.
void websocket::fail(std::uint16_t code, std::string_view reason) {
  failed_ = true;
  stream_.next_layer().stop_reading();
  if (phase_ >= phase::sealed)
    return;
  if (code == static_cast<std::uint16_t>(protocol::close_code::policy))
    bump(home().counters->floods);
  if (!why_)
    why_ = actors::ending::bad_frame;
  assembly_.reset();
  close_frame_ = make_close_frame(code, reason);
  seal();
  home().thread.want_flush(*this);
}

/// Queues the close frame; nothing follows it.
void websocket::seal() {
  phase_ = phase::sealed;
  deadline_ms_ = home().thread.now_ms() + close_ms_max;
  out_.append_own(std::exchange(close_frame_, {}));
}

/// Goes on with the end when the close frame is with the kernel.
void websocket::finish_sending() {
  // Why is not known yet while Beast is still about to report what made it send a close frame.
  if (phase_ == phase::sealed && out_.empty() && why_) {
    tell_closed();
    error_code ignored;
    socket().shutdown(tcp_socket::shutdown_send, ignored);
    deadline_ms_ = home().thread.now_ms() + linger_ms;
  }
  if (phase_ == phase::ended && reading_over_)
    finish_socket();
  else if (phase_ == phase::sealed && !out_.empty())
    home().thread.want_flush(*this);
}

void websocket::finish_socket() {
  if (!self_)
    return;
  error_code ignored;
  if (peer_ended_)
    socket().close(ignored);
  else if (socket().is_open())
    linger(home().shared_from_this(), std::move(socket()), std::move(place_));
  retire();
}

void websocket::drop() {
  if (phase_ == phase::ended)
    return;
  if (!why_)
    why_ = actors::ending::by_us;
  reset(socket());
  // Not at once: the connection is in the middle of something.
  home().thread.post([self = self_ptr{this}] {
    self->tell_closed();
    self->retire();
  });
}

void websocket::break_off(actors::ending why) {
  if (!why_)
    why_ = why;
  reset(socket());
  tell_closed();
  retire();
}

void websocket::leave() {
  if (phase_ == phase::upgrading)
    abort();
  else
    close(protocol::close_code::draining, "the server is going away");
}

void websocket::abort() { break_off(actors::ending::by_us); }

void websocket::tell_closed() {
  if (phase_ != phase::ended && phase_ != phase::upgrading)
    bump(home().counters->connections, -1);
  phase_ = phase::ended;
  if (auto* events = std::exchange(actor_.events, nullptr))
    events->closed(why_.value_or(actors::ending::reset));
  actor_.keep = nullptr;
}

void websocket::retire() {
  timer_wheel::cancel(*this);
  home().thread.forget(*this);
  place_.reset();
  const auto self = std::move(self_); // the last reference may be this one
}

void websocket::expired(std::int64_t now_ms) {
  if (phase_ >= phase::draining && now_ms >= deadline_ms_)
    return break_off(actors::ending::reset);
  tick_ms_ = next_tick_ms(tick_ms_, now_ms);
  home().thread.schedule(*this, tick_ms_);
  if (phase_ == phase::open && assembly_ && now_ms - message_since_ms_ > message_ms_max)
    fail(static_cast<std::uint16_t>(protocol::close_code::policy), "unfinished message");
  else if (phase_ == phase::open && actor_.events)
    actor_.events->tick(now_ms);
}

} // namespace troupe::transport
