#include "actors/node.hpp"

#include "actors/fanout.hpp"
#include "actors/guardian.hpp"
#include "actors/middleware/built_in.hpp"

namespace troupe::actors {

node::node(services& around) : around_(around), door_(around) {
  around.door = &door_;
  for (auto* unit : around.units) {
    around.tables.push_back(std::make_unique<fanout_table>());
    around.fanouts.push_back(spawn_on<fanout>(*unit, around, *around.tables.back()));
  }
  for (std::size_t thread = 0; thread < around.units.size(); ++thread)
    around.peers.push_back(std::make_unique<peer_table>());
  if (around.steps.all().empty())
    add_built_in_steps(around.steps);
  const std::shared_ptr<const config::options> options{&around.options, [](const auto*) {}};
  for (std::size_t thread = 0; thread < around.units.size(); ++thread) {
    around.watches.push_back(std::make_unique<thread_watch>());
    around.chains_of.push_back(std::make_unique<chains>(around, thread));
    around.chains_of.back()->set(options);
  }
  for (std::size_t thread = 0; thread < around.units.size(); ++thread)
    around.guardians.push_back(spawn_on<guardian>(*around.units[thread], around, thread));
}

void node::see(shared_view view) {
  around_.views.put(view);
  for (const auto& guardian : around_.guardians)
    caf::anon_send(guardian, new_view{view});
}

mesh_actor node::open_mesh(dial call) {
  around_.mesh = spawn_on<mesh>(*around_.units.front(), around_, std::move(call));
  return around_.mesh;
}

void node::join(storage::node_row self, time_ms entered, const config::cluster_options& how,
                membership_surroundings with) {
  ownership_options rules;
  rules.heartbeat_ms = how.heartbeat_ms;
  rules.ttl_ms = how.ttl_ms;
  rules.moves_per_s = how.moves_per_s;
  caf::anon_send(around_.mesh, node_entered{self});
  around_.membership = spawn_on<membership_loop>(*around_.units.front(), around_, std::move(with),
                                                 ownership_core{std::move(self), entered, rules});
  caf::anon_send(around_.membership, to_ownership::command{to_ownership::wake{}});
}

void node::use_chains(const std::shared_ptr<const config::options>& options) {
  for (const auto& guardian : around_.guardians)
    caf::anon_send(guardian, new_chains{options});
}

void node::give_away() { caf::anon_send(around_.membership, to_ownership::command{to_ownership::drain{}}); }

void node::drain(std::uint32_t within_ms) {
  for (const auto& fanout : around_.fanouts)
    caf::anon_send(fanout, drain_connections{within_ms});
}

void node::stop() {
  if (around_.membership)
    caf::anon_send(around_.membership, shut_down{});
  if (around_.mesh)
    caf::anon_send(around_.mesh, shut_down{});
  for (const auto& guardian : around_.guardians)
    caf::anon_send(guardian, shut_down{});
  for (const auto& fanout : around_.fanouts)
    caf::anon_send_exit(fanout, caf::exit_reason::user_shutdown);
}

void node::reopen_logs() { around_.logs.reopen(); }

} // namespace troupe::actors
