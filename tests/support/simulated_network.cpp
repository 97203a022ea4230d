#include "tests/support/simulated_network.hpp"

#include "actors/unit_actor.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tests {

/// Something to be done as if by that actor.
struct errand {
  std::function<void()> what;
};

} // namespace troupe::tests

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tests::errand)

namespace troupe::tests {

namespace {

/// CAF gives a silent peer up after six fifths of the time to live; a network may do so sooner.
constexpr std::int64_t silence_ms_min = 2'000;
constexpr std::int64_t silence_ms_max = 6'500;
constexpr std::int64_t connect_ms = 3'000;

struct untyped {
  using base = caf::event_based_actor;
};

} // namespace

/// Stands for a link at the other end.
class cable final : public actors::unit_actor<untyped> {
public:
  cable(caf::actor_config& config, actors::actor_unit& unit, simulated_network& network,
        simulated_network::shared_connection over, std::size_t end, caf::strong_actor_ptr far)
    : unit_actor(config, unit), network_(network), over_(std::move(over)), end_(end), far_(std::move(far)) {
    set_default_handler(caf::drop);
  }

  const char* name() const override { return "simulated.cable"; }
  behavior_type make_behavior() override {
    return {
      [this](actors::frame_atom, const std::string& bytes) {
        const auto to = caf::actor_cast<actors::link_actor>(far_);
        network_.carry(
          over_, end_, [to, bytes] { caf::anon_send(to, actors::frame_atom::value, bytes); }, true);
      },
      [this](actors::bye_atom, std::uint64_t session) {
        const auto to = caf::actor_cast<actors::link_actor>(far_);
        network_.carry(
          over_, end_, [to, session] { caf::anon_send(to, actors::bye_atom::value, session); }, false);
      },
    };
  }
  void on_exit() override {
    far_ = nullptr;
    over_ = nullptr;
  }

private:
  simulated_network& network_;
  simulated_network::shared_connection over_;
  std::size_t end_;
  caf::strong_actor_ptr far_;
};

/// Stands for the mesh at the other end: takes its questions there and brings its answers back.
class far_desk final : public actors::unit_actor<untyped> {
public:
  using welcome = caf::result<actors::welcome_atom, std::string, caf::strong_actor_ptr>;

  far_desk(caf::actor_config& config, actors::actor_unit& unit, simulated_network& network,
           simulated_network::shared_connection over, std::size_t end)
    : unit_actor(config, unit), network_(network), over_(std::move(over)), end_(end) {
    set_default_handler(caf::drop);
  }

  const char* name() const override { return "simulated.far_desk"; }
  behavior_type make_behavior() override {
    return {
      [](errand& what) { what.what(); },
      [this](actors::hello_atom, std::uint32_t version, const std::string& node, std::uint64_t incarnation,
             const std::string& boot, std::uint64_t expected, std::uint64_t session,
             const caf::strong_actor_ptr& link) -> welcome {
        auto promise = make_response_promise();
        const caf::actor self{this};
        const auto ask = [=, this]() mutable {
          const auto far = 1 - end_;
          const auto link_there = network_.stand_in_at(over_, far, link);
          request(over_->hosts[far]->desk, caf::infinite, actors::hello_atom::value, version, node, incarnation, boot,
                  expected, session, link_there)
            .then(
              [=, this](actors::welcome_atom, const std::string& their_boot,
                        const caf::strong_actor_ptr& their_link) mutable {
                const auto tell = [=, this]() mutable {
                  promise.deliver(actors::welcome_atom::value, their_boot,
                                  network_.stand_in_at(over_, end_, their_link));
                };
                network_.carry(
                  over_, far, [self, tell] { caf::anon_send(self, errand{tell}); }, false);
              },
              [=, this](const caf::error& why) mutable {
                const auto tell = [=]() mutable { promise.deliver(why); };
                network_.carry(
                  over_, far, [self, tell] { caf::anon_send(self, errand{tell}); }, false);
              });
        };
        network_.carry(
          over_, end_, [self, ask] { caf::anon_send(self, errand{ask}); }, false);
        return caf::delegated<actors::welcome_atom, std::string, caf::strong_actor_ptr>{};
      },
    };
  }
  void on_exit() override { over_ = nullptr; }

private:
  simulated_network& network_;
  simulated_network::shared_connection over_;
  std::size_t end_;
};

// -- connections -----------------------------------------------------------------------------------

simulated_network::simulated_network(stage& world, caf::actor_system& system) : world_(world), unit_(system, jobs_) {}

simulated_network::~simulated_network() = default;

actors::dial simulated_network::caller(network_host& from) {
  return [this, &from](const storage::node_row& whom, std::function<void(caf::strong_actor_ptr)> then) {
    world_.when.after(world_.chance.between(1, weather.delay_ms_max), [this, &from, port = whom.link, then] {
      if (!from.alive->dead())
        dial_from(from, port, then);
    });
  };
}

void simulated_network::dial_from(network_host& from, const std::string& port,
                                  std::function<void(caf::strong_actor_ptr)> then) {
  const auto to = std::find_if(hosts_.begin(), hosts_.end(), [&](const auto* host) { return host->port == port; });
  if (to == hosts_.end())
    return then(nullptr);
  const auto refuse_late = [&] { world_.when.after(connect_ms, [then] { then(nullptr); }); };
  if (are_cut(from.name, (*to)->name) || !(*to)->alive->running())
    return refuse_late();
  for (const auto& known : connections_)
    for (const std::size_t mine : {0u, 1u}) {
      if (known->hosts[mine] != &from || known->hosts[1 - mine] != *to)
        continue;
      if (!known->broken[mine])
        return then(desk_at(known, mine));
      if (!known->broken[1 - mine])
        return refuse_late(); // The other end still believes in the old one.
    }
  auto made = std::make_shared<connection>();
  made->hosts = {&from, *to};
  connections_.push_back(made);
  then(desk_at(made, 0));
}

caf::strong_actor_ptr simulated_network::desk_at(const shared_connection& over, std::size_t end) {
  if (!over->desks[end])
    over->desks[end] = caf::actor_cast<caf::strong_actor_ptr>(actors::spawn_on<far_desk>(unit_, *this, over, end));
  return over->desks[end];
}

caf::strong_actor_ptr simulated_network::stand_in_at(const shared_connection& over, std::size_t end,
                                                     const caf::strong_actor_ptr& for_whom) {
  auto& found = over->stand_ins[end][for_whom->id()];
  if (!found)
    found = caf::actor_cast<caf::strong_actor_ptr>(actors::spawn_on<cable>(unit_, *this, over, end, for_whom));
  return found;
}

bool simulated_network::are_cut(const std::string& a, const std::string& b) const {
  const auto i = cuts_.find(pair_of(a, b));
  return i != cuts_.end() && i->second > world_.when.now();
}

std::pair<std::string, std::string> simulated_network::pair_of(const std::string& a, const std::string& b) {
  return a < b ? std::pair{a, b} : std::pair{b, a};
}

/// What is sent while nothing passes is sent again by the kernel.
std::int64_t simulated_network::passes_at(const connection& over) const {
  const auto cut = cuts_.find(pair_of(over.hosts[0]->name, over.hosts[1]->name));
  return cut == cuts_.end() ? 0 : cut->second;
}

void simulated_network::carry(const shared_connection& over, std::size_t from, agenda::task deliver, bool frame) {
  if (!over || over->broken[from])
    return;
  auto& chance = world_.chance;
  auto& way = over->under_way[from];
  const auto push = [&](agenda::task what) {
    way.push_back(std::move(what));
    auto& last = over->last_arrival[from];
    last = std::max(last, std::max(world_.when.now(), passes_at(*over)) + chance.between(0, weather.delay_ms_max));
    world_.when.at(last, [this, over, from] { arrive(over, from); });
  };
  if (frame && chance.one_in(weather.lost_one_in))
    return world_.trace("an envelope from {} to {} is lost", over->hosts[from]->name, over->hosts[1 - from]->name);
  if (frame && chance.one_in(weather.doubled_one_in)) {
    world_.trace("an envelope from {} to {} comes twice", over->hosts[from]->name, over->hosts[1 - from]->name);
    push(deliver);
  }
  push(std::move(deliver));
  if (frame && way.size() >= 2 && chance.one_in(weather.swapped_one_in)) {
    world_.trace("envelopes from {} to {} change places", over->hosts[from]->name, over->hosts[1 - from]->name);
    std::swap(way[way.size() - 1], way[way.size() - 2]);
  }
}

void simulated_network::arrive(const shared_connection& over, std::size_t from) {
  auto& way = over->under_way[from];
  if (way.empty())
    return;
  const auto deliver = std::move(way.front());
  way.pop_front();
  if (!over->broken[1 - from] && !over->hosts[1 - from]->alive->dead())
    deliver();
}

/// That end knows now; the other one is told, as far as anything can be told.
void simulated_network::lose(const shared_connection& over, std::size_t end) {
  if (over->broken[end])
    return;
  world_.trace("{} loses its connection to {}", over->hosts[end]->name, over->hosts[1 - end]->name);
  if (!over->broken[1 - end])
    carry(
      over, end, [this, over, end] { over->hosts[1 - end]->alive->then([this, over, end] { lose(over, 1 - end); }); },
      false);
  over->broken[end] = true;
  end_stand_ins(*over, end);
}

void simulated_network::end_stand_ins(connection& over, std::size_t end) {
  const auto stop = [](const caf::strong_actor_ptr& who) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::remote_link_unreachable);
  };
  for (const auto& [id, who] : over.stand_ins[end])
    stop(who);
  over.stand_ins[end].clear();
  if (over.desks[end])
    stop(over.desks[end]);
  over.desks[end] = nullptr;
}

// -- what happens to them ----------------------------------------------------------------------------

void simulated_network::break_between(const std::string& a, const std::string& b) {
  for (const auto& over : connections_)
    if (pair_of(over->hosts[0]->name, over->hosts[1]->name) == pair_of(a, b) && !over->broken[0] && !over->broken[1]) {
      const auto first = world_.chance.below(2);
      lose(over, first);
      return;
    }
}

void simulated_network::cut(const std::string& a, const std::string& b, std::int64_t for_ms) {
  cuts_[pair_of(a, b)] = world_.when.now() + for_ms;
  for (const auto& over : connections_) {
    if (pair_of(over->hosts[0]->name, over->hosts[1]->name) != pair_of(a, b))
      continue;
    for (const std::size_t end : {0u, 1u})
      world_.when.after(world_.chance.between(silence_ms_min, silence_ms_max), [this, over, end, a, b] {
        if (are_cut(a, b))
          over->hosts[end]->alive->then([this, over, end] { lose(over, end); });
      });
  }
}

void simulated_network::died(network_host& who) {
  close(who);
  for (const auto& over : connections_)
    for (const std::size_t end : {0u, 1u}) {
      if (over->hosts[end] != &who || over->broken[end])
        continue;
      over->broken[end] = true;
      end_stand_ins(*over, end);
      const auto at = std::max(world_.when.now(), passes_at(*over)) + world_.chance.between(0, 20);
      world_.when.at(
        at, [this, over, end] { over->hosts[1 - end]->alive->then([this, over, end] { lose(over, 1 - end); }); });
    }
}

void simulated_network::froze(network_host& who) {
  for (const auto& over : connections_)
    for (const std::size_t end : {0u, 1u})
      if (over->hosts[end] == &who && !over->broken[1 - end])
        world_.when.after(world_.chance.between(silence_ms_min, silence_ms_max), [this, over, end] {
          if (over->hosts[end]->alive->frozen())
            over->hosts[1 - end]->alive->then([this, over, end] { lose(over, 1 - end); });
        });
}

void simulated_network::end() {
  hosts_.clear();
  for (const auto& over : connections_)
    for (const std::size_t end : {0u, 1u}) {
      over->broken[end] = true;
      over->under_way[end].clear();
      end_stand_ins(*over, end);
    }
  connections_.clear();
}

} // namespace troupe::tests
