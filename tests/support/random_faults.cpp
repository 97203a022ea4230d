#include "tests/support/random_faults.hpp"

#include <utility>

namespace troupe::tests {

namespace {

constexpr std::int64_t hour_ms = 3'600'000;

} // namespace

random_faults::random_faults(cluster_simulation& cluster) : cluster_(cluster), world_(cluster.world()) {
  static constexpr fault all[] = {
    &random_faults::kill,
    &random_faults::kill,
    &random_faults::freeze_shortly,
    &random_faults::freeze,
    &random_faults::drain,
    &random_faults::cut,
    &random_faults::break_link,
    &random_faults::lose_envelopes,
    &random_faults::slow_network,
    &random_faults::slow_store,
    &random_faults::lose_answers,
    &random_faults::fill_store,
    &random_faults::lose_touch,
    &random_faults::slow_touch,
    &random_faults::set_clock,
    &random_faults::pin,
    &random_faults::freeze_in_writing,
  };
  const auto count = world_.chance.between(2, 7);
  for (std::int64_t i = 0; i < count; ++i)
    kinds_.push_back(all[world_.chance.below(std::size(all))]);
  kinds_.push_back(&random_faults::stall);
  for (const auto& node : cluster_.nodes())
    cluster_.weather_of(node).goes_on_when_frozen = world_.chance.one_in(2);
}

void random_faults::go_on_for(std::int64_t ms) { next(world_.when.now() + ms); }

void random_faults::next(std::int64_t until) {
  world_.when.after(world_.chance.between(50, 2'500), [this, until] {
    if (world_.when.now() >= until)
      return;
    (this->*world_.chance.any_of(kinds_))();
    next(until);
  });
}

const std::string& random_faults::any_node() { return world_.chance.any_of(cluster_.nodes()); }

std::pair<std::string, std::string> random_faults::any_pair() {
  const auto& nodes = cluster_.nodes();
  const auto first = world_.chance.below(nodes.size());
  const auto second = (first + 1 + world_.chance.below(nodes.size() - 1)) % nodes.size();
  return {nodes[first], nodes[second]};
}

void random_faults::start_again(const std::string& node, std::int64_t after_ms) {
  world_.when.after(after_ms, [this, node] { cluster_.start(node); });
}

void random_faults::for_a_while(std::int64_t ms, agenda::task mend) { world_.when.after(ms, std::move(mend)); }

// -- nodes -------------------------------------------------------------------------------------------

void random_faults::kill() {
  const auto& node = any_node();
  cluster_.kill(node);
  start_again(node, world_.chance.between(200, 7'000));
}

void random_faults::freeze_shortly() { cluster_.freeze(any_node(), world_.chance.between(50, 2'000)); }

void random_faults::freeze() { cluster_.freeze(any_node(), world_.chance.between(2'000, 9'000)); }

/// What the store was asked for is carried out when somebody else owns its rooms, or refused.
void random_faults::freeze_in_writing() {
  const auto& node = any_node();
  auto& weather = cluster_.weather_of(node);
  weather.write_ms_max = 1'500;
  for_a_while(2'000, [&weather] { weather.write_ms_max = store_weather{}.write_ms_max; });
  world_.when.after(world_.chance.between(100, 600),
                    [this, &node] { cluster_.freeze(node, world_.chance.between(6'000, 9'000)); });
}

void random_faults::drain() {
  const auto& node = any_node();
  cluster_.drain(node);
  start_again(node, world_.chance.between(4'000, 9'000));
}

void random_faults::stall() {
  if (auto* process = cluster_.running(any_node()))
    process->stall(world_.chance.between(10, 300));
}

void random_faults::set_clock() {
  const auto& node = any_node();
  cluster_.note_fault("the clock of " + node + " is set");
  cluster_.wall_skew_of(node) = world_.chance.between(-hour_ms, hour_ms);
}

// -- the network ---------------------------------------------------------------------------------------

void random_faults::cut() {
  const auto [a, b] = any_pair();
  cluster_.cut(a, b, world_.chance.between(300, 6'000));
}

void random_faults::break_link() {
  const auto [a, b] = any_pair();
  cluster_.break_link(a, b);
}

void random_faults::lose_envelopes() {
  cluster_.note_fault("envelopes are lost, doubled and shuffled");
  auto& weather = cluster_.network().weather;
  weather.lost_one_in = static_cast<unsigned>(world_.chance.between(10, 80));
  weather.doubled_one_in = static_cast<unsigned>(world_.chance.between(10, 80));
  weather.swapped_one_in = static_cast<unsigned>(world_.chance.between(10, 80));
  for_a_while(world_.chance.between(500, 4'000),
              [&weather] { weather.lost_one_in = weather.doubled_one_in = weather.swapped_one_in = 0; });
}

void random_faults::slow_network() {
  cluster_.note_fault("the network is slow");
  auto& weather = cluster_.network().weather;
  weather.delay_ms_max = world_.chance.between(20, 400);
  for_a_while(world_.chance.between(500, 4'000), [&weather] { weather.delay_ms_max = network_weather{}.delay_ms_max; });
}

// -- the store ---------------------------------------------------------------------------------------

void random_faults::slow_store() {
  const auto& node = any_node();
  cluster_.note_fault("the store is slow for " + node);
  auto& weather = cluster_.weather_of(node);
  weather.write_ms_max = world_.chance.between(50, 1'500);
  weather.read_ms_max = world_.chance.between(20, 500);
  for_a_while(world_.chance.between(500, 5'000), [&weather] {
    weather.write_ms_max = store_weather{}.write_ms_max;
    weather.read_ms_max = store_weather{}.read_ms_max;
  });
}

void random_faults::lose_answers() {
  const auto& node = any_node();
  cluster_.note_fault("answers of the store to " + node + " are lost");
  auto& weather = cluster_.weather_of(node);
  weather.lost_one_in = static_cast<unsigned>(world_.chance.between(2, 12));
  for_a_while(world_.chance.between(500, 4'000), [&weather] { weather.lost_one_in = 0; });
}

void random_faults::fill_store() {
  cluster_.note_fault("the store is full");
  for (const auto& node : cluster_.nodes())
    cluster_.weather_of(node).full = true;
  for_a_while(world_.chance.between(300, 3'000), [this] {
    for (const auto& node : cluster_.nodes())
      cluster_.weather_of(node).full = false;
  });
}

void random_faults::lose_touch() {
  const auto& node = any_node();
  cluster_.note_fault(node + " cannot keep its place in the store");
  auto& weather = cluster_.weather_of(node);
  weather.members_fail = true;
  for_a_while(world_.chance.between(300, 8'000), [&weather] { weather.members_fail = false; });
}

void random_faults::slow_touch() {
  const auto& node = any_node();
  cluster_.note_fault("heartbeats of " + node + " are slow");
  auto& weather = cluster_.weather_of(node);
  weather.member_ms_max = world_.chance.between(100, 3'000);
  for_a_while(world_.chance.between(1'000, 6'000),
              [&weather] { weather.member_ms_max = store_weather{}.member_ms_max; });
}

void random_faults::pin() {
  const auto shard = storage::shard_of(world_.chance.any_of(cluster_.rooms()));
  const auto node = world_.chance.one_in(3) ? std::string{} : any_node();
  world_.trace("shard {} is to be on {}", shard, node.empty() ? "any node" : node);
  cluster_.store().pin(shard, node);
}

} // namespace troupe::tests
