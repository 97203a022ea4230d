// apps/troupe/prove/device.hpp
#pragma once

#include "apps/troupe/prove/pauses.hpp"
#include "apps/troupe/prove/stream_watch.hpp"
#include "checker/observed.hpp"
#include "checker/recorder.hpp"
#include "client/session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::prove {

/// What the devices of a crowd share, on its thread.
struct gathering {
  gathering(std::vector<std::string> of, const std::filesystem::path& file)
    : rooms(std::move(of)), recorder(std::make_unique<checker::recorder>(file)), streams(rooms.size()),
      pauses(rooms.size()) {}

  std::vector<std::string> rooms;
  std::unique_ptr<checker::recorder> recorder;
  stream_watch streams;
  prove::pauses pauses;
  std::uint64_t acked = 0;
  std::uint64_t refused = 0;
  std::size_t body_bytes = 0;
  bool sending = false;
  bool in_memory = false; ///< An ack said that its message is kept in memory only.
  bool twice = false;     ///< Every message is given to the connection a second time.
};

std::int64_t steady_us();

/// One client: it may listen, speak, or both. Each frame it sends and hears is recorded.
///
/// Threading: the one that runs the io_context.
class device final : public client::session_events {
public:
  struct options {
    std::string name;
    std::vector<std::size_t> rooms; ///< Indices into `gathering::rooms`.
    std::vector<client::endpoint> nodes;
    bool joins = false;
    double rate_per_s = 0; ///< 0: it only listens.
    std::uint64_t seed = 0;
  };

  device(boost::asio::io_context& io, gathering& around, options how);

  void start();
  bool online() const { return session_.state().state() == client::link_state::online; }
  std::size_t waiting() const { return session_.state().unsent().size(); }
  /// Nothing of its own is un-acked, and it has what anybody was told of its rooms.
  bool complete() const;
  void cut();
  /// For people.
  std::string describe() const;

private:
  client::connection_events watch();
  void speak();
  void repeat(const std::string& room, const std::string& cid);
  std::size_t index_of(const std::string& room) const;

  void on_sent(const client::receipt& what) override;
  void on_refused(const protocol::client::send& what, const protocol::server::error& why) override;
  void on_message(const std::string& room, const client::entry& what, client::source how) override;
  void on_discontinuity(const std::string& room) override;

  gathering& around_;
  options how_;
  std::mt19937_64 random_;
  std::uint64_t said_ = 0;
  std::uint64_t repeated_ = 0;
  std::unordered_map<std::string, std::int64_t> issued_us_;    ///< By cid.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); ///< A timer that fired already still comes.
  boost::asio::steady_timer timer_;
  client::session session_;
};

} // namespace troupe::prove
