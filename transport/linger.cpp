#include "transport/linger.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <utility>

namespace troupe::transport {

namespace {

class lingering final : public session, private timer_wheel::entry {
public:
  lingering(std::shared_ptr<lane> on, tcp_socket socket, admission::place place)
    : session{std::move(on)}, socket_{std::move(socket)}, place_{std::move(place)} {}

  void start() {
    self_.reset(this);
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
    home().thread.schedule(*this, home().thread.now_ms() + linger_ms);
    wait();
  }

  void leave() override {}
  void abort() override { end(); }

private:
  void expired(std::int64_t) override { end(); }

  void wait() {
    socket_.async_wait(tcp_socket::wait_read, [this, self = self_](error_code error) {
      if (error || !self_)
        return end();
      discard();
    });
  }

  void discard() {
    error_code error;
    while (!error && bytes_left_ > 0)
      bytes_left_ -=
        static_cast<std::int64_t>(socket_.read_some(net::buffer(home().scratch.get(), lane::scratch_bytes), error));
    if (error == net::error::would_block)
      wait();
    else
      end();
  }

  void end() {
    timer_wheel::cancel(*this);
    if (!self_)
      return;
    error_code ignored;
    socket_.close(ignored);
    place_.reset();
    self_.reset(); // the last reference may be the caller's
  }

  tcp_socket socket_;
  admission::place place_;
  std::int64_t bytes_left_ = linger_bytes_max;
  boost::intrusive_ptr<lingering> self_;
};

} // namespace

void linger(std::shared_ptr<lane> on, tcp_socket socket, admission::place place) {
  boost::intrusive_ptr<lingering> {
    new lingering { std::move(on), std::move(socket), std::move(place) }
    } -> start();
}

void reset(tcp_socket& socket) noexcept {
  error_code ignored;
  socket.set_option(tcp_socket::linger{true, 0}, ignored);
  socket.close(ignored);
}

} // namespace troupe::transport
