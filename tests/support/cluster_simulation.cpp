#include "tests/support/cluster_simulation.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace troupe::tests {

namespace {

constexpr std::int64_t presence_grace_ms = 1'000;

const char* const names[] = {"ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida", "jim"};

config::options options_of(const std::string& node, const cluster_simulation::options& how) {
  config::options options;
  options.node = node;
  options.session.ping_ms = 2'000; // A frozen node is left after twice that.
  options.session.inflight_max = 8;
  options.outbound.drop_typing_bytes = 2 * 1024;
  options.outbound.conflate_bytes = 4 * 1024;
  options.outbound.gap_bytes = 6 * 1024;
  options.outbound.bytes_max = 10 * 1024;
  options.cluster.moves_per_s = 64;
  for (auto& policy : options.rooms) {
    policy.durability = how.durability;
    policy.presence_grace_ms = presence_grace_ms;
    policy.passivate_after_ms = 5'000;
    policy.history_on_join = 20;
    policy.creator_is_owner = how.owned;
    policy.ring_count = how.ring.value_or(policy.ring_count);
    policy.history_count = how.history.value_or(policy.history_count);
  }
  return options;
}

caf::actor_system_config& deterministic(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

} // namespace

cluster_simulation::cluster_simulation(std::uint64_t seed, options how)
  : how_(how), world_(seed), store_(world_, how.store), system_(deterministic(config_)), network_(world_, system_),
    record_(world_) {
  const auto by_incarnation = [this](storage::incarnation_t who) -> simulated_process* {
    for (const auto& one : processes_)
      if (one->incarnation() == who)
        return one.get();
    return nullptr;
  };
  store_.runs = [by_incarnation](storage::incarnation_t who) {
    const auto* process = by_incarnation(who);
    return process && !process->dead();
  };
  store_.kill = [this, by_incarnation](storage::incarnation_t who) {
    auto* process = by_incarnation(who);
    if (!process || process->dead())
      return;
    world_.trace("{} is killed by another node", process->name());
    process->kill();
  };
  store_.passes = [this, by_incarnation](storage::shard_id shard, const storage::shard_row& from, const auto& to) {
    const auto* owner = by_incarnation(from.incarnation);
    // After a lapse a node owns its shards again only under new terms: until then its view says that it does not.
    const auto view = owner ? owner->view() : nullptr;
    if (view && !owner->dead() && owner->may_serve() && view->owns(shard))
      world_.breach("{} takes shard {} from {}, which may serve it", to.owner, shard, from.owner);
  };
  for (unsigned i = 0; i < how.rooms; ++i)
    rooms_.push_back("room-" + std::to_string(i));
  for (unsigned i = 0; i < how.nodes; ++i) {
    node_names_.push_back("node-" + std::to_string(i + 1));
    machines_[node_names_.back()].options = options_of(node_names_.back(), how);
  }
  for (unsigned i = 0; i < how.people; ++i) {
    std::vector<std::string> theirs;
    for (const auto& room : rooms_)
      if (theirs.empty() || world_.chance.one_in(2))
        theirs.push_back(room);
    std::rotate(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(world_.chance.below(theirs.size())),
                theirs.end());
    // The last one is the second device of the first; the one before only sends.
    const std::string user = names[i + 1 == how.people && i > 2 ? 0 : i];
    const auto device = i + 1 == how.people && i > 2 ? user + "'s phone" : user;
    people_.push_back(std::make_unique<simulated_person>(
      simulated_person::surroundings{world_, record_, [this] { return find_node(); }}, user, device, theirs,
      i + 2 != how.people || i < 2));
  }
}

cluster_simulation::~cluster_simulation() {
  people_.clear();
  world_.when.clear();
  network_.end();
  auto& clock = static_cast<caf::scheduler::test_coordinator&>(system_.scheduler()).clock();
  for (bool any = true; any;) {
    any = false;
    for (const auto& one : processes_)
      one->bury();
    clock.cancel_all();
    while (!network_.jobs().empty()) {
      any = true;
      const auto [unit, job] = network_.jobs().back();
      network_.jobs().pop_back();
      if (job->resume(unit, std::numeric_limits<std::size_t>::max()) == caf::resumable::resume_later)
        network_.jobs().emplace_back(unit, job);
      else
        caf::intrusive_ptr_release(job);
    }
  }
  for (const auto& one : processes_)
    one->bury();
  clock.cancel_all();
  world_.when.clear();
  processes_.clear();
}

// -- time ------------------------------------------------------------------------------------------

/// One thing happens: an actor handles a message, or something that is due. False when there is nothing.
bool cluster_simulation::step() {
  std::size_t choices = network_.jobs().size() + (world_.when.is_due() ? 2 : 0);
  for (const auto& one : processes_)
    choices += one->runnable();
  if (choices == 0)
    return false;
  auto pick = world_.chance.below(choices);
  for (const auto& one : processes_) {
    const auto jobs = one->runnable();
    if (pick < jobs) {
      one->run(pick);
      return true;
    }
    pick -= jobs;
  }
  auto& jobs = network_.jobs();
  if (pick >= jobs.size()) {
    world_.when.run_next();
    return true;
  }
  const auto [unit, job] = jobs[pick];
  jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(pick));
  if (job->resume(unit, 1) == caf::resumable::resume_later)
    jobs.emplace_back(unit, job);
  else
    caf::intrusive_ptr_release(job);
  return true;
}

/// To the next time at which something is to happen, but not beyond `until`. False when that is reached.
bool cluster_simulation::let_time_pass(std::int64_t until) {
  if (world_.when.now() >= until)
    return false;
  auto& clock = static_cast<caf::scheduler::test_coordinator&>(system_.scheduler()).clock();
  auto next = until;
  if (const auto event = world_.when.next())
    next = std::min(next, *event);
  if (!clock.schedule().empty()) {
    const auto wait = clock.schedule().begin()->first - clock.now();
    const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    next = std::min(next, world_.when.now() + std::max<std::int64_t>(1, wait_ms));
  }
  clock.advance_time(std::chrono::milliseconds(next - world_.when.now()));
  world_.when.pass_to(next);
  return true;
}

void cluster_simulation::pass(std::int64_t ms) {
  const auto until = world_.when.now() + ms;
  do {
    while (step()) {
    }
  } while (let_time_pass(until));
}

bool cluster_simulation::comes_true(const std::function<bool()>& what, std::int64_t within_ms) {
  const auto until = world_.when.now() + within_ms;
  while (!what()) {
    if (world_.when.now() >= until)
      return false;
    pass(100);
  }
  return true;
}

// -- what happens to nodes -----------------------------------------------------------------------------

simulated_process* cluster_simulation::running(const std::string& node) {
  auto* process = machines_.at(node).process;
  return process && !process->dead() ? process : nullptr;
}

void cluster_simulation::note_fault(const std::string& what) {
  world_.trace("{}", what);
  checker::event fault;
  fault.ev = checker::happening::fault;
  fault.what = what;
  record_.append(std::move(fault));
}

void cluster_simulation::start(const std::string& node) {
  auto& machine = machines_.at(node);
  if (running(node))
    return;
  world_.trace("{} is started", node);
  // Now and then the port is the one of the start before.
  if (machine.starts == 0 || world_.chance.one_in(2))
    ++machine.starts;
  processes_.push_back(std::make_unique<simulated_process>(
    simulated_process::surroundings{world_, store_, network_, system_, machine.options, machine.weather,
                                    machine.wall_skew_ms, node + ":" + std::to_string(4'000 + machine.starts)},
    how_.io_threads));
  machine.process = processes_.back().get();
}

void cluster_simulation::kill(const std::string& node) {
  if (auto* process = running(node)) {
    note_fault(node + " is killed");
    process->kill();
  }
}

void cluster_simulation::freeze(const std::string& node, std::int64_t for_ms) {
  auto* process = running(node);
  if (!process || process->frozen())
    return;
  note_fault(fmt::format("{} is frozen for {} ms", node, for_ms));
  process->freeze();
  world_.when.after(for_ms, [this, process] {
    if (!process->dead())
      world_.trace("{} goes on", process->name());
    process->thaw();
  });
}

void cluster_simulation::drain(const std::string& node) {
  auto* process = running(node);
  if (!process || process->frozen() || process->draining())
    return;
  note_fault(node + " drains");
  process->drain();
}

void cluster_simulation::cut(const std::string& a, const std::string& b, std::int64_t for_ms) {
  note_fault(fmt::format("{} and {} are cut off from one another for {} ms", a, b, for_ms));
  network_.cut(a, b, for_ms);
}

void cluster_simulation::break_link(const std::string& a, const std::string& b) {
  note_fault(fmt::format("the connection of {} and {} breaks", a, b));
  network_.break_between(a, b);
}

void cluster_simulation::heal() {
  world_.trace("everything is well again");
  network_.heal();
  network_.weather = {};
  for (auto& [node, machine] : machines_) {
    machine.weather = {};
    machine.wall_skew_ms = 0;
    if (machine.process)
      machine.process->thaw();
    start(node);
  }
}

bool cluster_simulation::is_whole() {
  for (const auto& node : node_names_) {
    auto* process = running(node);
    if (!process)
      continue;
    const auto view = process->draining() ? nullptr : process->view();
    if (process->draining() || !view || !view->serving)
      return false;
    for (storage::shard_id shard = 0; shard < storage::shard_count; ++shard)
      if (!view->owner_of(shard))
        return false;
  }
  return true;
}

socket_host* cluster_simulation::find_node() {
  auto* process = machines_.at(world_.chance.any_of(node_names_)).process;
  return process && !process->dead() ? process : nullptr;
}

} // namespace troupe::tests
