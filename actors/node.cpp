#include "actors/node.hpp"

#include "actors/fanout.hpp"
#include "actors/guardian.hpp"

namespace troupe::actors {

node::node(services& around) : around_(around), door_(around) {
  for (auto* unit : around.units) {
    around.tables.push_back(std::make_unique<fanout_table>());
    around.fanouts.push_back(spawn_on<fanout>(*unit, around, *around.tables.back()));
  }
  for (auto* unit : around.units)
    around.guardians.push_back(spawn_on<guardian>(*unit, around));
}

void node::drain(std::uint32_t within_ms) {
  for (const auto& fanout : around_.fanouts)
    caf::anon_send(fanout, drain_connections{within_ms});
}

void node::stop() {
  for (const auto& guardian : around_.guardians)
    caf::anon_send(guardian, shut_down{});
  for (const auto& fanout : around_.fanouts)
    caf::anon_send_exit(fanout, caf::exit_reason::user_shutdown);
}

} // namespace troupe::actors
