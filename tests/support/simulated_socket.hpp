// tests/support/simulated_socket.hpp
#pragma once

#include "actors/wire.hpp"
#include "client/connection.hpp"
#include "protocol/codec.hpp"
#include "tests/support/life.hpp"
#include "tests/support/stage.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::tests {

class simulated_socket;

/// The process at the other end of a socket.
class socket_host {
public:
  virtual ~socket_host() = default;
  virtual life& alive() = 0;
  virtual bool listens() const = 0;
  virtual std::size_t io_threads() const = 0;
  virtual actors::attached attach(std::size_t io_thread, actors::wire& socket) = 0;
  /// It holds the socket as long as its connection might use it.
  virtual void keep(std::shared_ptr<simulated_socket> socket) = 0;
};

/// One connection between a client and a node, with what is on its way.
///
/// Ordering: frames arrive in the order in which they were sent, later; when it breaks, some of them never.
class simulated_socket final : public actors::wire, public std::enable_shared_from_this<simulated_socket> {
public:
  struct callbacks {
    std::function<void()> opened;
    std::function<void(const protocol::push&)> received;
    std::function<void(const client::loss&)> lost; ///< Once, and nothing after it.
  };

  /// Connects to `to`; null: nobody is there.
  static std::shared_ptr<simulated_socket> open(stage& world, socket_host* to, callbacks tell);

  // -- the client's end --
  void transmit(std::string frame);
  /// Closed without a word; nothing is told any more.
  void drop_by_client();
  /// As a network does it: both ends hear of it.
  void cut();
  void reads(bool on);

  // -- the node's end --
  bool attached() const noexcept { return events_ != nullptr; }
  bool finished() const noexcept { return (host_done_ || !client_open_) && !events_ && !keep_; }
  void tick(std::int64_t now_ms);
  /// The process was killed.
  void reset();
  /// The process ends in good order.
  void close_by_host();
  /// The end of a dead process's connection.
  void bury();

  // -- wire --
  void wake() override;
  void close(protocol::close_code why, std::string_view reason) override;
  void drop() override;

private:
  using batch = std::variant<std::vector<actors::shared_frame>, client::loss>;

  simulated_socket(stage& world, socket_host* to, callbacks tell) : world_(world), host_(to), tell_(std::move(tell)) {}

  void connect();
  void attach();
  void arrive_at_host();
  void flush();
  void to_client(batch what);
  void arrive_at_client();
  void lose(client::loss how);
  void host_hears_end(actors::ending why);

  stage& world_;
  socket_host* host_;
  callbacks tell_;
  bool client_open_ = true; ///< The client still wants to hear of it.
  bool was_open_ = false;
  actors::wire_events* events_ = nullptr; ///< Null before, and once the connection was told of the end.
  caf::strong_actor_ptr keep_;
  bool host_done_ = false; ///< The process does nothing with it any more.
  bool flush_due_ = false;
  bool reading_ = true;
  std::optional<client::loss> closing_;
  std::deque<std::string> to_host_;
  std::deque<batch> to_client_;
};

} // namespace troupe::tests
