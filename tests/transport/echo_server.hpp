// tests/transport/echo_server.hpp
//
// A server with connections that do what their peer says, for tests with real sockets.
#pragma once

#include "transport/server.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::tests {

/// What the connections of a test saw, readable from the test's thread.
struct echo_log {
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::atomic<int> closed_twice{0};
  std::atomic<int> messages{0};
  std::atomic<int> ticks{0};
  std::mutex mutex;
  std::vector<actors::ending> endings;

  std::vector<actors::ending> all_endings() {
    std::lock_guard guard{mutex};
    return endings;
  }
};

/// Understands `close CODE`, `drop`, `many N BYTES` (N frames at once), `all TEXT` (to everybody on its thread);
/// whatever else comes is sent back.
class echo_acceptor final : public actors::wire_acceptor {
public:
  explicit echo_acceptor(std::size_t threads) : members_(threads) {}
  ~echo_acceptor() override;

  actors::attached attach(std::size_t io_thread, actors::wire& socket, actors::peer who) override;

  echo_log log;

private:
  class connection;
  std::vector<std::vector<connection*>> members_; ///< By I/O thread.
};

/// Answers with what it was asked, or not before it is told to.
class echo_api final : public actors::api {
public:
  void call(std::size_t io_thread, actors::api_request request,
            std::function<void(actors::api_response)> then) override;
};

/// Node `one`, beside a node `two` at port 1.
struct echo_server {
  explicit echo_server(config::listen_options listen = {}, std::size_t threads = 1,
                       config::outbound_options outbound = {},
                       const std::function<void(transport::static_content&)>& fill = {});
  ~echo_server();

  std::uint16_t port() const { return server.port(); }
  double metric(const std::string& name) const; ///< Summed over the threads.

  transport::metrics metrics;
  transport::readiness ready;
  transport::static_content content;
  transport::io_pool pool;
  echo_acceptor acceptor;
  echo_api api;
  transport::server server;
};

} // namespace troupe::tests
