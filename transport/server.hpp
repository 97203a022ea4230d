// transport/server.hpp
//
// HTTP and WebSockets on one address.
#pragma once

#include "actors/api.hpp"
#include "actors/wire.hpp"
#include "config/options.hpp"
#include "transport/io_thread.hpp"
#include "transport/metrics.hpp"
#include "transport/site.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::transport {

struct lane;
class listener;

/// Listens on every I/O thread of a pool and serves what comes.
///
/// Threading: `start`, `stop_accepting` and `stop` from one thread that is none of the pool's.
/// Lifetime:  everything given to `start` outlives `stop`. The pool goes on after `stop`, because the actors of the
///            closed connections still run on it. Order at the end: `stop`, end the actors, `io_pool::stop`, destroy
///            the pool, destroy the actor system.
class server {
public:
  struct parts {
    io_pool& threads;
    actors::wire_acceptor& acceptor;
    actors::api& api;
    const static_content& content;
    const readiness& ready;
    transport::metrics& metrics; ///< Gets transport's own counters, and is served at `/metrics`.
    neighbours nodes = {};       ///< Of the cluster.
    std::string sign_in = {};    ///< What a page asks people for: their `name`, or a `token`.
  };

  server();
  ~server();

  /// Binds and listens; throws std::exception with a sentence when that fails.
  void start(const config::listen_options& listen, const config::outbound_options& outbound, const parts& with);

  /// "ADDR:PORT" as bound.
  std::string address() const;
  std::uint16_t port() const;

  /// No new socket is taken; open ones go on.
  void stop_accepting();

  /// Stops accepting, says good-bye to every connection with 4001, waits for them, and cuts off who is left
  /// after `patience`. Called again it does nothing.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds{5});

  /// Sockets of any kind that are open.
  std::int64_t sockets() const;

private:
  std::shared_ptr<site> site_;
  std::vector<std::shared_ptr<lane>> lanes_;
  std::vector<std::shared_ptr<listener>> listeners_;
  std::string address_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::transport
