// transport/listener.hpp
//
// Where sockets come from.
#pragma once

#include "transport/asio.hpp"
#include "transport/http_session.hpp"
#include "transport/lane.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace troupe::transport {

/// Reads "ADDR:PORT" (`127.0.0.1:8080`, `[::1]:0`, `localhost:8080`); throws std::runtime_error with a sentence.
tcp::endpoint resolve_listen(std::string_view address);

/// What an address counts as for admission.
address_key key_of(const net::ip::address& address);

/// One I/O thread's acceptor; all threads listen on the same address and the kernel deals sockets out.
///
/// Threading: one I/O thread, but for the constructor.
/// Lifetime:  closed by `stop`; its pending operation holds it.
/// Overload:  out of descriptors or memory it turns away what it can with one spare descriptor, then rests for
///            `pause_ms`. Open connections are not touched. One log line a second at most.
class listener final : public std::enable_shared_from_this<listener>, private timer_wheel::entry {
public:
  static constexpr std::int64_t pause_ms = 100;
  static constexpr int sockets_per_turn_max = 64;

  /// Binds and listens. Throws boost::system::system_error.
  listener(std::shared_ptr<lane> on, const tcp::endpoint& at);
  ~listener();

  void start();
  void stop();

  tcp::endpoint bound() const { return acceptor_.local_endpoint(); }

private:
  using acceptor = net::basic_socket_acceptor<tcp, net::io_context::executor_type>;

  void wait();
  void accept();
  void out_of(int error);
  void turn_away();
  void welcome(int descriptor, const tcp::endpoint& peer);
  void expired(std::int64_t now_ms) override;

  std::shared_ptr<lane> lane_;
  acceptor acceptor_;
  int spare_ = -1; ///< A descriptor to give up when there is none left.
  std::int64_t logged_ms_ = -1'000'000;
};

/// Fails with a sentence when something else listens at `at`: with a shared port the kernel would not notice.
void check_unused(const tcp::endpoint& at);

} // namespace troupe::transport
