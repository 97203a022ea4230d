// actors/cluster/ownership_core.hpp
#pragma once

#include "actors/cluster/contact.hpp"
#include "actors/cluster/judgement.hpp"
#include "actors/cluster/ownership_messages.hpp"
#include "actors/cluster/ownership_plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// A shard whose rooms are being ended, or have been, so that it can be given away.
struct settling {
  time_ms until = 0; ///< Then it counts as settled.
  bool settled = false;
  bool operator==(const settling&) const = default;
};
BOOST_DESCRIBE_STRUCT(settling, (), (until, settled))

/// Where the change under way is. The next one waits for a look that began after it was over.
enum class changing { none, at_store, unseen, being_seen };

/// Everything the ownership loop knows, as plain data.
struct ownership_state {
  storage::node_row self;
  contact touch;
  judgement judged;
  std::optional<storage::cluster_seen> seen; ///< The last look.
  changing change = changing::none;
  bool change_failed = false; ///< The last one, and that was told.
  /// For each shard, the term under which this node may not serve it any more; 0 = none. A node that stopped serving a
  /// shard starts again only under a higher one, so no change made before, by whomever, can come true behind its back.
  std::vector<storage::term_t> spent;
  std::map<storage::shard_id, settling> settles;
  std::vector<living_node> living; ///< Since `living_since`.
  time_ms living_since = 0;
  time_ms moves_at = 0; ///< The next shards may move for balance then.
  std::map<std::string, storage::incarnation_t> reachable;
  bool draining = false;
  bool drained = false;
  bool stopped = false;
  time_ms woken_at = 0; ///< The time last asked for.
  cluster_view view;    ///< The last one published.
  bool operator==(const ownership_state&) const = default;
};
BOOST_DESCRIBE_STRUCT(ownership_state, (),
                      (self, touch, judged, seen, change, change_failed, spent, settles, living, living_since, moves_at,
                       reachable, draining, drained, stopped, woken_at, view))

/// The OWNERSHIP loop of a node as a fold: which shards it serves, takes and gives, and when
/// it must stop. The truth is the store's; this decides what to ask of it and what may be served meanwhile.
///
/// Rules:     a node serves only what a look showed to be its own, only until `deadline`, and a shard it has stopped
///            serving only under a higher term. It takes only from the dead (see `judgement`).
/// Ordering:  effects come in the order in which they must be carried out. At most one beat, one look and one
///            change are under way; each must be answered, whatever becomes of it.
/// Time:      only `now` counts, the boot-time clock of this machine. The shell calls with `wake` at the time of the last
///            `wake_at`.
/// Errors:    the store's are answers; after `stop` nothing is done any more.
class ownership_core {
public:
  /// `self` has entered the store, by a call that was sent at `entered`.
  ownership_core(storage::node_row self, time_ms entered, ownership_options options = {});

  ownership_effects apply(to_ownership::command what, time_ms now);

  /// Nothing is served from this time on, whatever the view says. After a freeze the view is old until the
  /// loop has run: who acknowledges something that no store fences reads this after the fact.
  time_ms deadline() const noexcept { return state_.touch.deadline; }

  const ownership_state& state() const noexcept { return state_; }

private:
  // -- one function per command ---------------------------------------------------
  void on(to_ownership::wake& what, time_ms now, ownership_effects& out);
  void on(to_ownership::beaten& what, time_ms now, ownership_effects& out);
  void on(to_ownership::looked& what, time_ms now, ownership_effects& out);
  void on(to_ownership::changed& what, time_ms now, ownership_effects& out);
  void on(to_ownership::killed& what, time_ms now, ownership_effects& out);
  void on(to_ownership::settled& what, time_ms now, ownership_effects& out);
  void on(to_ownership::peer_up& what, time_ms now, ownership_effects& out);
  void on(to_ownership::peer_down& what, time_ms now, ownership_effects& out);
  void on(to_ownership::hint& what, time_ms now, ownership_effects& out);
  void on(to_ownership::drain& what, time_ms now, ownership_effects& out);

  void lose_touch();
  void plan(time_ms now);
  bool still_entered(const storage::cluster_seen& seen) const;
  void stop(ownership_effects& out);
  bool serving() const { return state_.seen && !state_.touch.lapsed && !state_.stopped; }
  bool mine(storage::shard_id shard) const;
  bool served(storage::shard_id shard) const { return mine(shard) && state_.spent[shard] == 0; }
  const living_node* taker_of(storage::shard_id shard) const;

  void act(time_ms now, ownership_effects& out);
  void kill_expired(time_ms now, ownership_effects& out);
  void settle_some(time_ms now, ownership_effects& out);
  void change_owners(time_ms now, ownership_effects& out);
  void say_drained(ownership_effects& out);
  void publish(ownership_effects& out);
  void ask_for_wake(time_ms now, ownership_effects& out);
  time_ms next_move() const;

  ownership_options options_;
  ownership_state state_;
  ownership_plan plan_; ///< Derived from `seen`, `judged` and `draining`.
};

} // namespace troupe::actors
