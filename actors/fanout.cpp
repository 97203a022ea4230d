#include "actors/fanout.hpp"

#include "storage/faults.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

fanout::fanout(caf::actor_config& config, actor_unit& unit, services& around, fanout_table& table)
  : unit_actor(config, unit), around_(around), table_(table) {}

fanout::behavior_type fanout::make_behavior() {
  return {
    [this](const shared_delivery& batch) { deliver(*batch); },
    [this](for_connection& what) { table_.answer(std::move(what)); },
    [this](const expulsion& what) { table_.expel(what); },
    [this](const drain_connections& what) { drain(what.within_ms); },
    [this](const survey_room& what) { report(what); },
  };
}

void fanout::deliver(const delivery& batch) {
  // Where a test may kill the process: what the batch before sent is on the sockets now.
  if (std::exchange(acked_, false))
    storage::reached(storage::crash_point::after_ack);
  if (std::exchange(delivered_, true))
    storage::reached(storage::crash_point::after_fan_out);
  const auto before = table_.delivered();
  auto* times = table_.deliver(batch);
  if (times && batch.heard_us != 0)
    times->add(steady_us() - batch.heard_us, around_.now());
  around_.counters.deliveries.fetch_add(table_.delivered() - before, std::memory_order_relaxed);
  acked_ = std::any_of(batch.items.begin(), batch.items.end(), [](const auto& i) { return !i.acks.empty(); });
}

void fanout::report(const survey_room& what) const {
  auto health = table_.report(what.room(), around_.now());
  health.mailbox_wait_us = what.waited_us();
  what.into->report.io_threads.at(what.io_thread) = std::move(health);
}

/// Each connection gets its own slot to come back in, so that they do not come all at once; few ones come back soon.
void fanout::drain(std::uint32_t within_ms) {
  const auto count = table_.connections();
  std::vector<connection_id> ids;
  ids.reserve(count);
  table_.for_each([&](connection_id id, addressee&) { ids.push_back(id); });
  constexpr std::size_t slot_ms = 1;
  const auto all_ms = std::min<std::size_t>(within_ms, ids.size() * slot_ms);
  for (std::size_t i = 0; i < ids.size(); ++i)
    table_.answer({ids[i], to_connection::drain{static_cast<std::uint32_t>(all_ms * i / ids.size())}});
}

} // namespace troupe::actors
