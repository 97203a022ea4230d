// tests/support/load.hpp
//
// Many well-behaved clients at once, each of their frames recorded.
#pragma once

#include "checker/recorder.hpp"
#include "client/session.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace troupe::tests {

/// Senders that keep a number of messages under way, and receivers that only listen.
///
/// Every device joins its rooms, resumes after each loss and retries what is not acked; everything goes into the
/// recorder. Senders say to each of their rooms in turn.
///
/// Threading: a thread of its own drives the devices; the functions here may be called from one other.
class load {
public:
  struct options {
    client::endpoint where;
    std::vector<client::endpoint> others; ///< More nodes of the cluster.
    unsigned rooms = 4;
    unsigned senders = 8;
    unsigned receivers = 4;
    unsigned rooms_each = 2;            ///< How many of the rooms a device is in.
    unsigned under_way = 4;             ///< Un-acked messages a sender keeps; it waits for acks beyond.
    std::chrono::milliseconds pause{1}; ///< Least time between two messages of a sender.
    std::size_t body_bytes = 64;
    bool half_join = true; ///< Every second sender does not join: a send needs none, and its retries are blind.
    unsigned slow = 0;     ///< Receivers that stop reading once they have joined, until `slow_ones_read`.
    std::string room_prefix = "room";
    std::uint64_t seed = 1;
  };

  load(options how, checker::recorder& into);
  ~load();

  void start();
  /// No new messages; those under way are still retried.
  void stop_sending();
  std::uint64_t acked() const { return acked_; }
  std::uint64_t refused() const { return refused_; }
  /// Waits until `more` further messages were acked; false when they do not come.
  bool progresses(std::uint64_t more, std::chrono::milliseconds within = std::chrono::seconds{60});
  /// After `stop_sending`: waits until nothing is un-acked and everybody has everything, then appends `settled`.
  bool settles(std::chrono::milliseconds within = std::chrono::seconds{60});
  /// Cuts every connection at once, without a word.
  void cuts_all();
  void slow_ones_read();
  /// How many devices are online.
  unsigned online();
  /// What is not well yet, for messages of failed tests.
  std::string state();
  /// Devices leave; nothing is recorded after it.
  void end();

  std::vector<std::string> rooms() const;

private:
  class device;

  template <class F>
  auto on_thread(F what);
  /// Devices begin at one node each in turn.
  std::vector<client::endpoint> nodes_for(std::size_t device) const;

  options how_;
  checker::recorder& into_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::unique_ptr<device>> devices_;
  std::atomic<std::uint64_t> acked_{0};
  std::atomic<std::uint64_t> refused_{0};
  bool sending_ = false;                         ///< On the thread.
  std::map<std::string, client::seq_t> highest_; ///< By room; on the thread.
  std::thread thread_;
};

} // namespace troupe::tests
