// actors/cluster/membership_loop.hpp
#pragma once

#include "actors/alarm.hpp"
#include "actors/cluster/ownership_core.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <atomic>
#include <functional>
#include <string>

namespace troupe::actors {

/// What the ownership loop of a node works with.
///
/// Lifetime: outlives the actor and what it gave to `on_store`.
struct membership_surroundings {
  storage::membership_store& store;
  /// Runs a call of the store on the store's own thread, in order: it may block.
  std::function<void(std::function<void()>)> on_store;
  /// The boot-time clock, milliseconds: goes on while the process is frozen or the machine sleeps.
  std::function<time_ms()> boot_now;
  /// The node's own deadline on that clock (`ownership_core::deadline`); written here, read by every room.
  std::atomic<time_ms>& serves_until;
  /// All shards are given away.
  std::function<void()> drained;
  /// This node was declared dead or replaced: the process must end.
  std::function<void(const std::string& why)> stop;
  /// The same for heartbeats, which must not wait behind a call that waits for a lock. When
  /// empty, they go the way of the others.
  std::function<void(std::function<void()>)> on_beat = {};
};

/// MEMBERSHIP: the shell around ownership_core. It lives on the first I/O thread; the store is
/// asked on a thread of its own.
class membership_loop final : public unit_actor<membership_actor> {
public:
  membership_loop(caf::actor_config& config, actor_unit& unit, services& around, membership_surroundings with,
                  ownership_core core);

  const char* name() const override { return "troupe.membership"; }
  behavior_type make_behavior() override;

private:
  void take(to_ownership::command what);
  void pin(pin_shard what);

  void carry_out(const ownership_does::beat& what);
  void carry_out(const ownership_does::look& what);
  void carry_out(const ownership_does::change& what);
  void carry_out(const ownership_does::kill& what);
  void carry_out(const ownership_does::forget& what);
  void carry_out(const ownership_does::settle& what);
  void carry_out(const ownership_does::publish& what);
  void carry_out(const ownership_does::tell_peers& what);
  void carry_out(const ownership_does::warn& what);
  void carry_out(const ownership_does::drained& what);
  void carry_out(const ownership_does::stop& what);
  void carry_out(const ownership_does::wake_at& what);

  /// Runs `call` on the store's thread and tells this actor what it gave.
  void ask(std::function<to_ownership::command(storage::membership_store&)> call);

  services& around_;
  membership_surroundings with_;
  ownership_core core_;
  alarm alarm_;
};

} // namespace troupe::actors
