// apps/troupe/chain_bench/small_node.hpp
//
// What chains need of a node, on one thread and without sockets.
#pragma once

#include "actors/actor_unit.hpp"
#include "actors/fanout_table.hpp"
#include "actors/middleware/chains.hpp"
#include "actors/middleware/gate.hpp"
#include "actors/middleware/step_supervisor.hpp"
#include "actors/services.hpp"
#include "storage/memory_log.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::chain_bench {

using namespace actors;

/// Jobs run when `drain` is called, as an I/O thread runs them in its next turn.
///
/// Threading: `exec_later` from any thread; `drain` on the one that made it.
class run_queue final : public actor_unit {
public:
  explicit run_queue(caf::actor_system& system) : actor_unit(&system) {}
  void exec_later(caf::resumable* job) override;
  void drain();

private:
  const std::thread::id owner_ = std::this_thread::get_id();
  std::vector<caf::resumable*> jobs_;
  std::vector<caf::resumable*> running_;
  std::mutex mutex_;
  std::vector<caf::resumable*> from_others_;
  std::atomic<bool> others_came_{false};
};

/// Where messages come out: the room would be told here.
struct end_of_chain final : passage_end {
  std::uint64_t through = 0;
  actors::gate gate;
  void passed(passage& what) override {
    ++through;
    gate.left(what);
  }
  void refused(passage&, protocol::server::error) override {}
  void answered(passage&, to_connection::news) override {}
  void broke(passage&) override {}
};

/// A message as people write it, to that room.
protocol::client::send message_to(const std::string& room);

/// What a chain needs of a node, and nothing else: the steps that are built in, `access_log` to a sink that takes
/// everything, and the steps "empty 1" to "empty 6".
class small_node {
public:
  /// `prepare` may change the options, and the services before an actor is made.
  explicit small_node(const std::function<void(config::options&)>& options = {},
                      const std::function<void(services&)>& prepare = {});
  ~small_node();
  small_node(const small_node&) = delete;
  small_node& operator=(const small_node&) = delete;

  /// With `mailboxes` each request goes through the mailbox of each step.
  shared_chain chain_of(const std::vector<std::string>& names, bool mailboxes = false);

  /// All chains of a configuration.
  std::unique_ptr<chains> chains_of(const config::options& options);

  run_queue& unit() noexcept { return *unit_; }
  const config::options& options() const noexcept { return options_; }

private:
  config::options options_;
  config::room_patterns patterns_{options_.rooms};
  storage::memory_log memory_;
  resume_tokens tokens_{{}, 1'000};
  actor_counters counters_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<run_queue> unit_;
  std::unique_ptr<services> around_;
  std::vector<step_actor> actors_;
  std::vector<std::unique_ptr<chain_post>> wrapped_;
};

} // namespace troupe::chain_bench
