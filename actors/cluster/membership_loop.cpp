#include "actors/cluster/membership_loop.hpp"

#include <memory>
#include <utility>

namespace troupe::actors {

membership_loop::membership_loop(caf::actor_config& config, actor_unit& unit, services& around,
                                 membership_surroundings with, ownership_core core)
  : unit_actor(config, unit), around_(around), with_(std::move(with)), core_(std::move(core)) {}

membership_loop::behavior_type membership_loop::make_behavior() {
  return {
    [this](to_ownership::command& what) { take(std::move(what)); },
    [this](pin_shard& what) { pin(std::move(what)); },
    [this](const alarm_rang& what) {
      if (alarm_.rang(*this, what, with_.boot_now()))
        take(to_ownership::wake{});
    },
    [this](shut_down) { quit(); },
  };
}

void membership_loop::take(to_ownership::command what) {
  const auto effects = core_.apply(std::move(what), with_.boot_now());
  // Before anybody hears of a view that goes by it.
  with_.serves_until.store(core_.deadline(), std::memory_order_relaxed);
  for (const auto& effect : effects)
    std::visit([this](const auto& one) { carry_out(one); }, effect);
}

// -- the store ----------------------------------------------------------------------------

void membership_loop::ask(std::function<to_ownership::command(storage::membership_store&)> call) {
  with_.on_store([call = std::move(call), &store = with_.store, self = caf::actor_cast<membership_actor>(this)] {
    caf::anon_send(self, call(store));
  });
}

void membership_loop::carry_out(const ownership_does::beat& what) {
  const auto& run = with_.on_beat ? with_.on_beat : with_.on_store;
  run([draining = what.draining, sent = with_.boot_now(), &store = with_.store,
       self = caf::actor_cast<membership_actor>(this)] {
    caf::anon_send(self, to_ownership::command{to_ownership::beaten{sent, store.beat(draining)}});
  });
}

void membership_loop::carry_out(const ownership_does::look&) {
  ask([sent = with_.boot_now()](storage::membership_store& store) { return to_ownership::looked{sent, store.look()}; });
}

void membership_loop::carry_out(const ownership_does::change& what) {
  ask([changes = what.what](storage::membership_store& store) {
    return to_ownership::changed{store.change(changes).has_value()};
  });
}

void membership_loop::carry_out(const ownership_does::kill& what) {
  ask([whom = what.whom](storage::membership_store& store) {
    return to_ownership::killed{whom, store.make_sure_dead(whom)};
  });
}

void membership_loop::carry_out(const ownership_does::forget& what) {
  with_.on_store([whom = what.whom, &store = with_.store] { store.forget(whom); });
}

/// The rows tell the rest: this node and the others look, and who has the shard gives it.
void membership_loop::pin(pin_shard what) {
  std::vector<link_actor> links;
  for (const auto& [node, peer] : *around_.peers.front())
    links.push_back(peer.link);
  with_.on_store([what = std::move(what), links = std::move(links), &store = with_.store,
                  self = caf::actor_cast<membership_actor>(this)] {
    const bool stored = store.pin(what.shard, what.node);
    if (stored) {
      caf::anon_send(self, to_ownership::command{to_ownership::hint{}});
      for (const auto& link : links)
        caf::anon_send(link, encode_item(look{}));
    }
    what.then(stored);
  });
}

// -- this node ------------------------------------------------------------------------------

void membership_loop::carry_out(const ownership_does::settle& what) {
  send(around_.guardians[what.shard % around_.guardians.size()], settle_shard{what.shard});
}

void membership_loop::carry_out(const ownership_does::publish& what) {
  around_.views.put(what.view);
  for (const auto& guardian : around_.guardians)
    send(guardian, new_view{what.view});
  if (around_.mesh)
    send(around_.mesh, new_view{what.view});
}

/// This thread's guardian keeps the links this actor may read.
void membership_loop::carry_out(const ownership_does::tell_peers&) {
  const auto item = encode_item(look{});
  for (const auto& [node, peer] : *around_.peers.front())
    send(peer.link, item);
}

void membership_loop::carry_out(const ownership_does::warn& what) { around_.warn(what.line); }

void membership_loop::carry_out(const ownership_does::drained&) { with_.drained(); }

void membership_loop::carry_out(const ownership_does::stop& what) { with_.stop(what.why); }

void membership_loop::carry_out(const ownership_does::wake_at& what) { alarm_.set(*this, what.time, with_.boot_now()); }

} // namespace troupe::actors
