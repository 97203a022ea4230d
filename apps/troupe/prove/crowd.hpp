// apps/troupe/prove/crowd.hpp
//
// Well-behaved clients in some rooms of their own, and a recording of all they see.
#pragma once

#include "apps/troupe/prove/device.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace troupe::prove {

/// Senders and receivers with the real client: outbox, retries, resume, another node when one does not answer.
///
/// A crowd never meets another one in a room, so each has a recorder of its own and is judged alone. That keeps
/// small what the checker has in memory.
///
/// Threading: a thread of its own drives the clients; the functions here may be called from one other.
class crowd {
public:
  struct options {
    std::string name;               ///< The users' names begin with it.
    std::vector<std::string> rooms; ///< Of this crowd alone.
    std::vector<client::endpoint> nodes;
    std::size_t senders = 0;
    std::size_t receivers = 0;
    double rate_per_s = 0; ///< Of all senders together.
    std::size_t body_bytes = 0;
    std::uint64_t seed = 0;
    std::filesystem::path recording;
  };

  /// What can be told at any time.
  struct figures {
    std::uint64_t acked = 0;
    std::uint64_t refused = 0; ///< For good: the client does not try again.
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t out_of_order = 0;
    std::size_t online = 0;
    std::size_t incomplete = 0; ///< Clients with sends that are not acked, or without messages they should have.
    bool in_memory = false;     ///< An ack said so of a message.
    bool alive = false;         ///< Every room has acked something that was sent after the last fault.
    std::vector<room_pause> pauses;
  };

  explicit crowd(options how);
  ~crowd();

  void start();
  /// Notes a fault; when it returns, the note stands in the recording before any later send.
  void fault(fault_kind kind, const std::string& what);
  figures look();
  /// Every third client loses its connection.
  void cuts();
  /// Whether every message is given to the connection twice.
  void sends_twice(bool now);
  /// No new messages; those under way are still retried.
  void stop_sending();
  /// Says in the recording that everybody has everything.
  void settled();
  /// The clients leave. Nothing else but `rooms` and the recording may be used afterwards.
  void end();
  /// Of those that are not complete, for people.
  std::string troubles();

  const std::vector<std::string>& rooms() const { return around_.rooms; }
  checker::recorder& recording() { return *around_.recorder; }
  /// After `end`: closes the file and gives its name.
  std::filesystem::path close_recording();

private:
  template <class F>
  auto on_thread(F what);

  gathering around_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::unique_ptr<device>> devices_;
  std::uint64_t cuts_ = 0;
  std::thread thread_;
};

} // namespace troupe::prove
