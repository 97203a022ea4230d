// tests/support/ownership_world.hpp
//
// A cluster of ownership loops on a model store, as one value: it can be copied, compared and
// continued in several ways. Scenarios let it run; the explorer takes every step it could take.
#pragma once

#include "actors/cluster/ownership_core.hpp"

#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::tests {

using actors::time_ms;

/// What the store promises about the expired.
enum class expired_are { killed, fenced };

enum class process { running, frozen, dead };

/// A call to the store that has not been carried out yet.
struct store_call {
  std::variant<actors::ownership_does::beat, actors::ownership_does::look, actors::ownership_does::change,
               actors::ownership_does::kill, actors::ownership_does::forget>
    what;
  time_ms sent = 0;
  bool answered = false; ///< The caller has given it up; it comes true all the same.
};
BOOST_DESCRIBE_STRUCT(store_call, (), (what, sent, answered))

/// How a call to the store goes. `lost`: carried out, but the caller is told that it failed; `late`: the caller is told
/// so now, and it is carried out later.
enum class outcome { good, failed, lost, late };

struct model_node {
  explicit model_node(actors::ownership_core with) : core(std::move(with)) {}

  actors::ownership_core core;
  process is = process::running;
  actors::shared_view view; ///< The last one published.
  std::deque<store_call> calls;
  std::deque<actors::to_ownership::command> inbox;
  time_ms wake = 0;
  bool cut_off = false; ///< It cannot reach the store: each call fails.
  bool expired = false; ///< Its beat once stood still for a whole time to live.
  bool drained = false; ///< Said so.
  std::vector<std::string> warnings;
};

/// How the world is, and mistakes to plant in it: each must be found.
struct world_rules {
  expired_are promise = expired_are::killed;
  actors::ownership_options options;
  bool kills_succeed = true;
  bool settles_are_answered = true;
  bool peers_hear = true; ///< Peers hear that rows were changed, and that a process ended.

  bool claims_kills = false;          ///< It is said of an expired process that it is dead, and it is left alone.
  bool serves_while_settling = false; ///< Rooms go on while their shard is paused.
  bool ignores_deadline = false;      ///< Rooms go by the view alone.
  bool ignores_terms = false;         ///< The store changes owners whatever the term is.
};

class ownership_world {
public:
  ownership_world(std::size_t shards, world_rules with);

  /// A node starts under a new incarnation, and is reached by the others.
  std::size_t start(const std::string& name, std::uint32_t weight = 1);

  // -- one step at a time ---------------------------------------------------------
  void deliver(std::size_t node, std::size_t input = 0);
  void carry_out(std::size_t node, std::size_t call, outcome how);
  void advance(time_ms by);
  void freeze(std::size_t node);
  void carry_on(std::size_t node);
  void crash(std::size_t node);
  void tell(std::size_t node, actors::to_ownership::command what);

  // -- all by itself --------------------------------------------------------------
  /// What is under way is carried out and answered, in order, then time goes on to the next wake, and so on.
  void run_for(time_ms span);
  void quiesce();

  // -- what there is to see -------------------------------------------------------
  /// A room of this shard on this node would answer, if the process runs.
  bool serves(std::size_t node, storage::shard_id shard) const;
  std::size_t served(std::size_t node) const;
  std::size_t served() const; ///< Shards that any running node serves.

  time_ms now = 100'000;
  storage::cluster_seen store;
  std::vector<model_node> nodes;
  world_rules rules;
  std::string broken; ///< The first promise that was broken; empty as long as all hold.
  std::vector<std::pair<time_ms, storage::shard_id>> settled; ///< When the rooms of which shard were ended.

private:
  void apply(std::size_t node, actors::to_ownership::command what);
  void wake_if_due(std::size_t node);
  storage::cluster_seen look() const;
  void change(std::size_t by, const std::vector<storage::shard_change>& what);
  bool make_sure_dead(const storage::node_row& whom);
  void forget(const storage::node_row& whom);
  void end(std::size_t node);
  void note_expired();
  void check();
  storage::node_seen* row_of(storage::incarnation_t incarnation);
};

} // namespace troupe::tests
