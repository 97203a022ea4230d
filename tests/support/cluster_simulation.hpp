// tests/support/cluster_simulation.hpp
//
// A whole cluster in one thread, under one seed: which actor of which node runs next, when bytes
// and answers of the store arrive, what goes wrong and what people do. A failing seed runs again alone.
#pragma once

#include "checker/check.hpp"
#include "tests/support/history_in_memory.hpp"
#include "tests/support/simulated_network.hpp"
#include "tests/support/simulated_person.hpp"
#include "tests/support/simulated_process.hpp"
#include "tests/support/simulated_store.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::tests {

/// Nodes, one store, a network between them, and people.
class cluster_simulation {
public:
  struct options {
    unsigned nodes = 3;
    unsigned people = 6;
    unsigned rooms = 3;
    unsigned io_threads = 2;
    protocol::durability durability = protocol::durability::disk;
    simulated_store::kind store = simulated_store::kind::embedded;
    bool owned = false;                   ///< Who joins a room first is its owner.
    std::optional<std::uint32_t> ring;    ///< Messages that a memory room holds.
    std::optional<std::uint32_t> history; ///< Messages that a room's log on disk keeps.
  };

  cluster_simulation(std::uint64_t seed, options how);
  ~cluster_simulation();

  stage& world() noexcept { return world_; }
  simulated_store& store() noexcept { return store_; }
  simulated_network& network() noexcept { return network_; }
  std::vector<std::unique_ptr<simulated_person>>& people() noexcept { return people_; }
  const std::vector<std::string>& rooms() const noexcept { return rooms_; }
  /// Names of all nodes, whether they run or not.
  const std::vector<std::string>& nodes() const noexcept { return node_names_; }

  // -- time --
  void pass(std::int64_t ms);
  /// False when it is not so within that time.
  bool comes_true(const std::function<bool()>& what, std::int64_t within_ms);

  // -- what happens to nodes; each is a fault in the history --
  /// The start of a node that is not dead; null when there is none.
  simulated_process* running(const std::string& node);
  void start(const std::string& node);
  void kill(const std::string& node);
  void freeze(const std::string& node, std::int64_t for_ms);
  void drain(const std::string& node);
  void cut(const std::string& a, const std::string& b, std::int64_t for_ms);
  void break_link(const std::string& a, const std::string& b);
  /// How the store behaves towards a node.
  store_weather& weather_of(const std::string& node) { return machines_.at(node).weather; }
  std::int64_t& wall_skew_of(const std::string& node) { return machines_.at(node).wall_skew_ms; }
  /// Somebody takes notes of what was done.
  void note_fault(const std::string& what);

  /// Everything works again: the store, the network, the nodes that are dead or frozen.
  void heal();
  /// All shards have living owners, as every node sees it.
  bool is_whole();
  std::string owner_of(const std::string& room) const { return store_.shard_of(room).owner; }

  /// People come to rest, everything settles, and the history is judged.
  std::vector<std::string> judge();
  const checker::history& history() const noexcept { return record_.history(); }

private:
  struct machine {
    config::options options;
    store_weather weather;
    std::int64_t wall_skew_ms = 0;
    unsigned starts = 0;
    simulated_process* process = nullptr;
  };

  bool step();
  bool let_time_pass(std::int64_t until);
  socket_host* find_node();
  bool has_settled();
  void judge_presence(std::vector<std::string>& wrong);
  void tell_memory_rooms();
  std::string unsettled() const;
  std::vector<simulated_person*> members_of(const std::string& room) const;

  options how_;
  stage world_;
  simulated_store store_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  simulated_network network_;
  history_in_memory record_;
  std::map<std::string, machine> machines_;
  std::vector<std::string> node_names_;
  std::vector<std::string> rooms_;
  std::vector<std::unique_ptr<simulated_process>> processes_; ///< The dead ones too.
  std::vector<std::unique_ptr<simulated_person>> people_;
};

} // namespace troupe::tests
