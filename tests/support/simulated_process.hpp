// tests/support/simulated_process.hpp
#pragma once

#include "actors/node.hpp"
#include "tests/support/node_store.hpp"
#include "tests/support/room_history.hpp"
#include "tests/support/simulated_network.hpp"
#include "tests/support/simulated_socket.hpp"
#include "tests/support/watched_memory.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::tests {

/// One start of one node: the actors of a server with everything that the server would wire them
/// to. It can be frozen and killed at any moment.
///
/// Lifetime: until the end of the simulation, also when it is dead: `bury` ends its actors then.
class simulated_process final : public socket_host {
public:
  struct surroundings {
    stage& world;
    simulated_store& store;
    simulated_network& network;
    caf::actor_system& system;
    const config::options& options;
    const store_weather& weather;
    const std::int64_t& wall_skew_ms; ///< How far the machine's wall clock is off.
    std::string port;
  };

  simulated_process(surroundings around, std::size_t io_threads);
  ~simulated_process() override;

  const std::string& name() const noexcept { return host_.name; }
  storage::incarnation_t incarnation() const noexcept { return self_.incarnation; }
  bool dead() const noexcept { return life_.dead(); }
  bool frozen() const noexcept { return life_.frozen(); }
  bool draining() const noexcept { return draining_; }
  const storage::node_row& self() const noexcept { return self_; }

  /// How many jobs could run now; and runs one of them.
  std::size_t runnable() const;
  void run(std::size_t which);
  /// One I/O thread has something else to do for a while.
  void stall(std::int64_t for_ms);
  void freeze();
  void thaw();
  void kill();
  /// SIGTERM: gives its shards away, sends its clients away and ends.
  void drain();
  /// Ends its actors, and lets them say what they want to nobody. Not from within one of them.
  void bury();

  bool may_serve() const { return !stopped_ && world_.when.now() < serves_until_.load(std::memory_order_relaxed); }
  std::int64_t serves_until() const { return serves_until_.load(std::memory_order_relaxed); }
  /// The last view, for those who look on.
  actors::shared_view view() const { return services_->views.get(); }

  /// What its memory holds of a room, as the final history.
  void tell_memory_room(const std::string& room, checker::event_sink& into) {
    append_room_history(memory_, room, into);
  }

  bool holds_memory_room(const std::string& room) { return memory_.holds(room); }

  // -- socket_host --
  life& alive() override { return life_; }
  bool listens() const override { return listens_; }
  std::size_t io_threads() const override { return units_.size(); }
  actors::attached attach(std::size_t io_thread, actors::wire& socket) override;
  void keep(std::shared_ptr<simulated_socket> socket) override { sockets_.push_back(std::move(socket)); }
  std::size_t connections() const;
  const actors::actor_counters& counters() const noexcept { return counters_; }

private:
  struct unit {
    std::vector<std::pair<seeded_unit*, caf::resumable*>> jobs;
    std::optional<seeded_unit> executes;
    std::int64_t stalled_until = 0;
  };

  void enter();
  void on_store(std::function<void()> call);
  void next_store_call();
  void tick();
  void resume(unit& of, std::size_t which);
  void end_in_order();
  void leave();
  void check_lease();

  stage& world_;
  surroundings around_;
  life life_;
  network_host host_;
  config::room_patterns patterns_;
  node_log log_;
  watched_memory memory_;
  node_membership membership_;
  actors::resume_tokens tokens_;
  actors::actor_counters counters_;
  std::int64_t wall_offset_ms_;
  std::deque<unit> units_;
  std::unique_ptr<actors::services> services_;
  std::optional<actors::node> node_;
  storage::node_row self_;
  std::atomic<std::int64_t> serves_until_{0};
  std::int64_t good_beat_sent_ = 0;
  std::deque<std::pair<std::int64_t, std::function<void()>>> store_calls_; ///< With the time of asking.
  bool store_busy_ = false;
  std::vector<std::shared_ptr<simulated_socket>> sockets_;
  std::uint64_t published_ = 0; ///< Messages its rooms had published before the last job.
  bool listens_ = false;
  bool draining_ = false;
  bool ending_ = false;
  bool stopped_ = false; ///< Its threads have ended.
};

} // namespace troupe::tests
