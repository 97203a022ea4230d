#include "actors/cluster/node_port.hpp"

#include "actors/cluster/caf_io.hpp"

#include <chrono>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

namespace {

/// The middleman connects one after the other and waits meanwhile; on the loopback an answer,
/// good or bad, comes at once.
constexpr std::chrono::seconds connect_within{3};

struct call {
  storage::node_row whom;
  std::function<void(caf::strong_actor_ptr)> then;
};

struct hang_up {};

using caller_actor = caf::typed_actor<caf::reacts_to<call>, caf::reacts_to<hang_up>>;

} // namespace

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::hang_up)

namespace troupe::actors {

namespace {

/// Asks the middleman to connect; an actor, because its answers are messages.
class caller final : public unit_actor<caller_actor> {
public:
  using unit_actor::unit_actor;

  const char* name() const override { return "troupe.caller"; }

  behavior_type make_behavior() override {
    return {
      [this](call& what) { connect(what.whom, std::move(what.then)); },
      [this](hang_up) { quit(); },
    };
  }

private:
  void connect(const storage::node_row& whom, std::function<void(caf::strong_actor_ptr)> then) {
    const auto colon = whom.link.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::strtoul(whom.link.c_str() + colon + 1, nullptr, 10));
    if (colon == std::string::npos || port == 0)
      return then(nullptr);
    request(system().middleman().actor_handle(), connect_within, caf::connect_atom::value, whom.link.substr(0, colon),
            port)
      .then(
        [then](const caf::node_id&, const caf::strong_actor_ptr& desk, const std::set<std::string>&) { then(desk); },
        [then](const caf::error&) { then(nullptr); });
  }
};

} // namespace

void node_port::configure(caf::actor_system_config& config, std::int64_t ttl_ms) {
  config.load<caf::io::middleman>();
  config.set("middleman.heartbeat-interval", caf::timespan{std::chrono::milliseconds{ttl_ms / 5}});
  config.set("middleman.connection-timeout", caf::timespan{std::chrono::milliseconds{ttl_ms * 6 / 5}});
  config.set("middleman.enable-automatic-connections", false);
  // With workers the end of a connection waits behind them, and may be told of the next one that got its descriptor.
  config.set("middleman.workers", 0);
}

std::uint16_t node_port::open(const mesh_actor& desk, const std::string& host, std::uint16_t port) {
  const auto got = system_.middleman().publish(desk, port, host.c_str());
  if (!got)
    throw std::runtime_error("cannot listen for other nodes on " + host + ":" + std::to_string(port) + ": " +
                             system_.render(got.error()) + "; choose another cluster.link");
  desk_ = desk;
  port_ = *got;
  return port_;
}

void node_port::close() {
  if (desk_)
    system_.middleman().unpublish(desk_, port_);
  desk_ = nullptr;
}

void node_port::forget_the_gone() {
  auto& middleman = system_.middleman();
  // Only the middleman's own thread may look into its broker.
  middleman.run_later([broker = middleman.named_broker<caf::io::basp_broker>(caf::atom("BASP"))] {
    auto& known = static_cast<caf::io::basp_broker*>(caf::actor_cast<caf::abstract_actor*>(broker))->spawn_servers;
    std::erase_if(known, [](const auto& one) {
      return caf::actor_cast<caf::abstract_actor*>(one.second)->getf(caf::abstract_actor::is_terminated_flag);
    });
  });
}

dial node_port::caller(actor_unit& unit) {
  // Ends with the last who may call.
  const std::shared_ptr<caller_actor> asks{new caller_actor{spawn_on<actors::caller>(unit)}, [](caller_actor* of) {
                                             caf::anon_send(*of, hang_up{});
                                             delete of;
                                           }};
  return [asks](const storage::node_row& whom, std::function<void(caf::strong_actor_ptr)> then) {
    caf::anon_send(*asks, call{whom, std::move(then)});
  };
}

} // namespace troupe::actors
