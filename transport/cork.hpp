// transport/cork.hpp
//
// The layer between Beast's WebSocket stream and the socket.
#pragma once

#include "transport/asio.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/role.hpp>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::transport {

/// What a cork tells its WebSocket.
class cork_events {
public:
  /// Beast wants these bytes sent: the answer to the upgrade, a pong, a close frame.
  virtual void write_own(std::string_view bytes) = 0;

  /// `bytes` came from the socket and are about to be parsed; false ends reading.
  virtual bool was_read(std::size_t bytes) = 0;

protected:
  ~cork_events() = default;
};

/// Reads when there is something to read, and passes Beast's own writes on to be merged.
///
/// Reading: waits until the socket is readable and receives only then, in the completion, so that the
///          buffer it was given is touched for the first time when its content is about to be handled.
///          That lets all connections of a thread share one buffer.
/// Writing: copied whole, so a write always ends at a frame boundary; sent by the owner.
class cork {
public:
  using executor_type = tcp_socket::executor_type;
  using lowest_layer_type = tcp_socket;

  cork(tcp_socket socket, cork_events& events) : socket_{std::move(socket)}, events_{&events} {}

  executor_type get_executor() { return socket_.get_executor(); }
  tcp_socket& next_layer() noexcept { return socket_; }
  const tcp_socket& next_layer() const noexcept { return socket_; }

  /// No byte is read any more; a waiting read ends when the socket stirs or is cancelled.
  void stop_reading() noexcept { stopped_ = true; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return net::async_initiate<Token, void(error_code, std::size_t)>(
      [this](auto operation, const Buffers& into) {
        wait(readable<Buffers, decltype(operation)>{this, into, std::move(operation)});
      },
      token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return net::async_initiate<Token, void(error_code, std::size_t)>(
      [this](auto operation, const Buffers& from) {
        const auto bytes = beast::buffers_to_string(from);
        events_->write_own(bytes);
        net::post(get_executor(), beast::bind_front_handler(std::move(operation), error_code{}, bytes.size()));
      },
      token, buffers);
  }

private:
  template <class Buffers, class Operation>
  struct readable {
    cork* self;
    Buffers buffers;
    Operation operation;

    void operator()(error_code error) {
      std::size_t bytes = 0;
      if (!error && self->stopped_)
        error = net::error::operation_aborted;
      if (!error)
        bytes = self->socket_.read_some(buffers, error);
      if (error == net::error::would_block || error == net::error::interrupted)
        return self->wait(std::move(*this));
      if (!error && !self->events_->was_read(bytes))
        error = net::error::operation_aborted;
      operation(error, error ? 0 : bytes);
    }
  };

  /// An idle connection waits for a long time. Asio's recycled memory would give the wait whatever large block
  /// was used last.
  using exact_memory = std::pmr::polymorphic_allocator<std::byte>;

  template <class Readable>
  void wait(Readable then) {
    if (stopped_)
      net::post(get_executor(), beast::bind_front_handler(std::move(then), error_code{net::error::operation_aborted}));
    else
      socket_.async_wait(tcp_socket::wait_read, net::bind_allocator(exact_memory{}, std::move(then)));
  }

  tcp_socket socket_;
  cork_events* events_;
  bool stopped_ = false;
};

// Found by Beast through its argument: the WebSocket shuts the socket down itself, in its own time.
template <class Handler>
void async_teardown(beast::role_type, cork& stream, Handler&& handler) {
  net::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code{}));
}

inline void teardown(beast::role_type, cork&, error_code& error) { error = {}; }

} // namespace troupe::transport
