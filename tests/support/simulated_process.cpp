#include "tests/support/simulated_process.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tests {

namespace {

constexpr std::int64_t year_2023_ms = 1'700'000'000'000;
constexpr std::int64_t tick_ms = 1'000;
constexpr std::int64_t enter_again_ms = 500;
constexpr std::int64_t drain_ms_max = 20'000;
constexpr std::int64_t slots_ms = 2'000;
constexpr std::int64_t leave_ms = 100;
constexpr std::int64_t clock_step_ms_max = 5;
constexpr std::int64_t margin_ms = 1'000;

} // namespace

simulated_process::simulated_process(surroundings around, std::size_t io_threads)
  : world_(around.world), around_(around), life_(world_.when), patterns_(around.options.rooms),
    log_(world_, around.store, life_, around.weather), memory_(world_, around.store, around.options.node),
    membership_(world_, around.store, around.weather), tokens_({}, 24LL * 3600 * 1000),
    wall_offset_ms_(around.wall_skew_ms) {
  host_.name = around.options.node;
  host_.port = around.port;
  host_.alive = &life_;
  services_ = std::unique_ptr<actors::services>(
    new actors::services{around.options,
                         patterns_,
                         log_,
                         memory_,
                         tokens_,
                         [this] { return year_2023_ms + world_.when.now() + wall_offset_ms_; },
                         [this](unsigned char* to, std::size_t bytes) {
                           for (std::size_t i = 0; i < bytes; ++i)
                             to[i] = static_cast<unsigned char>(world_.chance());
                         },
                         [this] { return may_serve(); },
                         [this](std::string_view line) { world_.trace("{} warns: {}", name(), line); },
                         counters_,
                         nullptr,
                         {},
                         {},
                         {},
                         {},
                         {},
                         {},
                         {}});
  for (std::size_t i = 0; i < io_threads; ++i) {
    auto& made = units_.emplace_back();
    made.executes.emplace(around.system, made.jobs);
    services_->units.push_back(&*made.executes);
  }
  node_.emplace(*services_);
  host_.desk = node_->open_mesh(around.network.caller(host_));
  around.network.listen(host_);
  self_.node = name();
  self_.address = name() + ":8080";
  self_.link = host_.port;
  self_.boot = "one"; // All starts of the simulation have one CAF node id.
  self_.weight = around.options.cluster.weight;
  enter();
  tick();
}

simulated_process::~simulated_process() = default;

// -- the cluster ---------------------------------------------------------------------------------

void simulated_process::enter() {
  const auto asked = world_.when.now();
  world_.when.after(world_.chance.between(1, around_.weather.member_ms_max), [this, asked] {
    life_.then([this, asked] {
      const auto entered = membership_.enter(self_);
      if (entered.incarnation == 0) {
        world_.trace("{} may not enter: {}", name(), entered.failure);
        return world_.when.after(enter_again_ms, [this] { life_.then([this] { enter(); }); });
      }
      self_.incarnation = entered.incarnation;
      good_beat_sent_ = asked;
      world_.trace("{} has entered as start {}", name(), self_.incarnation);
      node_->join(self_, asked, around_.options.cluster,
                  {membership_, [this](std::function<void()> call) { on_store(std::move(call)); },
                   [this] { return world_.when.now(); }, serves_until_,
                   [this] { life_.then([this] { end_in_order(); }); },
                   [this](const std::string& why) {
                     world_.trace("{} ends at once: {}", name(), why);
                     kill();
                   }});
      listens_ = true;
    });
  });
}

void simulated_process::on_store(std::function<void()> call) {
  if (dead())
    return;
  store_calls_.emplace_back(world_.when.now(), std::move(call));
  if (!std::exchange(store_busy_, true))
    next_store_call();
}

void simulated_process::next_store_call() {
  world_.when.after(world_.chance.between(1, around_.weather.member_ms_max), [this] {
    const auto carry_out = [this] {
      store_busy_ = false;
      if (store_calls_.empty())
        return;
      const auto [asked, call] = std::move(store_calls_.front());
      store_calls_.pop_front();
      call();
      if (membership_.takes_good_beat())
        good_beat_sent_ = asked;
      if (!store_calls_.empty() && !std::exchange(store_busy_, true))
        next_store_call();
    };
    if (around_.weather.goes_on_when_frozen && life_.frozen())
      carry_out();
    else
      life_.then(carry_out);
  });
}

void simulated_process::check_lease() {
  const auto bound = good_beat_sent_ + around_.options.cluster.ttl_ms - margin_ms;
  if (serves_until() > bound)
    world_.breach("{} serves until {}, its last good heartbeat allows {}", name(), serves_until(), bound);
}

// -- running ---------------------------------------------------------------------------------------

std::size_t simulated_process::runnable() const {
  if (!life_.running())
    return 0;
  std::size_t count = 0;
  for (const auto& of : units_)
    if (of.stalled_until <= world_.when.now())
      count += of.jobs.size();
  return count;
}

void simulated_process::run(std::size_t which) {
  for (auto& of : units_) {
    if (of.stalled_until > world_.when.now())
      continue;
    if (which < of.jobs.size())
      return resume(of, which);
    which -= of.jobs.size();
  }
}

void simulated_process::resume(unit& of, std::size_t which) {
  const auto [executor, job] = of.jobs[which];
  of.jobs.erase(of.jobs.begin() + static_cast<std::ptrdiff_t>(which));
  const auto result = job->resume(executor, 1);
  if (result == caf::resumable::resume_later)
    of.jobs.emplace_back(executor, job);
  else
    caf::intrusive_ptr_release(job);
  if (life_.dead())
    return;
  const auto published = counters_.messages.load(std::memory_order_relaxed);
  if (std::exchange(published_, published) != published && !may_serve())
    world_.breach("{} published a message after its lease had ended", name());
  check_lease();
}

void simulated_process::stall(std::int64_t for_ms) {
  auto& of = world_.chance.any_of(units_);
  of.stalled_until = world_.when.now() + for_ms;
  world_.when.after(for_ms, [] {}); // Time stops there.
}

void simulated_process::tick() {
  world_.when.after(tick_ms, [this] {
    life_.then([this] {
      if (ending_)
        return;
      const auto behind = around_.wall_skew_ms - wall_offset_ms_;
      wall_offset_ms_ += std::clamp(behind, -clock_step_ms_max, clock_step_ms_max);
      std::erase_if(sockets_, [](const auto& socket) { return socket->finished(); });
      for (std::size_t i = 0; i < sockets_.size(); ++i)
        sockets_[i]->tick(world_.when.now());
      tick();
    });
  });
}

// -- what happens to it ------------------------------------------------------------------------------

void simulated_process::freeze() {
  life_.freeze();
  around_.network.froze(host_);
}

void simulated_process::thaw() { life_.thaw(); }

void simulated_process::kill() {
  if (life_.dead())
    return;
  life_.die();
  listens_ = false;
  log_.abandon();
  if (!store_calls_.empty() && world_.chance.one_in(2))
    store_calls_.front().second(); // It was with the store already.
  store_calls_.clear();
  for (const auto& socket : sockets_)
    socket->reset();
  around_.network.died(host_);
}

void simulated_process::drain() {
  if (draining_ || dead() || self_.incarnation == 0)
    return;
  draining_ = true;
  listens_ = false;
  node_->give_away();
  world_.when.after(drain_ms_max, [this] { life_.then([this] { end_in_order(); }); });
}

void simulated_process::end_in_order() {
  if (std::exchange(ending_, true))
    return;
  world_.trace("{} has given everything away", name());
  node_->drain(slots_ms);
  world_.when.after(slots_ms + 300, [this] {
    life_.then([this] {
      for (const auto& socket : sockets_)
        socket->close_by_host();
      around_.network.close(host_);
      node_->stop();
      leave();
    });
  });
}

/// As the server does it: nothing runs any more when the node gives its place up.
void simulated_process::leave() {
  world_.when.after(leave_ms, [this] {
    life_.then([this] {
      if (std::any_of(units_.begin(), units_.end(), [](const auto& of) { return !of.jobs.empty(); }))
        return leave();
      stopped_ = true;
      on_store([this] { membership_.leave(); });
      world_.when.after(leave_ms, [this] {
        life_.then([this] {
          world_.trace("{} has ended", name());
          kill();
        });
      });
    });
  });
}

void simulated_process::bury() {
  life_.die();
  store_calls_.clear();
  for (const auto& socket : sockets_)
    socket->bury();
  node_->stop();
  for (bool any = true; any;) {
    any = false;
    for (auto& of : units_)
      while (!of.jobs.empty()) {
        any = true;
        resume(of, 0);
      }
  }
  sockets_.clear();
  host_.desk = nullptr;
  services_->guardians.clear();
  services_->fanouts.clear();
  services_->membership = nullptr;
  services_->mesh = nullptr;
  services_->peers.clear();
}

// -- sockets -----------------------------------------------------------------------------------------

actors::attached simulated_process::attach(std::size_t io_thread, actors::wire& socket) {
  return node_->acceptor().attach(io_thread, socket, {"127.0.0.1", "simulation"});
}

std::size_t simulated_process::connections() const {
  return static_cast<std::size_t>(
    std::count_if(sockets_.begin(), sockets_.end(), [](const auto& socket) { return socket->attached(); }));
}

} // namespace troupe::tests
