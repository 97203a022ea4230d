#include "guest/guest.hpp"

#include "guest/visit.hpp"

#include "actors/cluster/caf_io.hpp"

#include <stdexcept>
#include <utility>

namespace troupe::guest {

namespace {

struct system_configuration : caf::actor_system_config {
  system_configuration() {
    load<caf::io::middleman>();
    set("middleman.heartbeat-interval", caf::timespan{std::chrono::milliseconds{500}});
    set("middleman.connection-timeout", caf::timespan{std::chrono::seconds{2}});
    set("middleman.enable-automatic-connections", false);
    set("middleman.workers", 0); // Routes of a closed connection go before another gets its descriptor.
  }
};

/// One room, as this program sees it: everything goes by way of the visit.
class named_room final : public room_handle::base {
public:
  named_room(caf::actor_config& config, visit_actor visit, std::string name)
    : room_handle::base(config), visit_(std::move(visit)), name_(std::move(name)) {}

  behavior_type make_behavior() override {
    return {
      [this](post_atom, const std::string& text) { return delegate(visit_, post_atom::value, name_, text); },
      [this](listen_atom, const caf::actor& listener) { send(visit_, listen_atom::value, name_, listener); },
    };
  }

  void on_exit() override { visit_ = nullptr; }

private:
  visit_actor visit_;
  std::string name_;
};

} // namespace

struct guest::parts {
  explicit parts(options how) : system(configuration), visit(system.spawn<troupe::guest::visit>(std::move(how))) {}
  ~parts() { caf::anon_send(visit, leave_atom::value); }

  system_configuration configuration;
  caf::actor_system system;
  visit_actor visit;
};

guest::guest(options how) {
  if (nodes_in(how.data).empty())
    throw std::runtime_error("no node lives in " + how.data +
                             ": guest::options::data has to be the data directory of a running cluster");
  parts_ = std::make_unique<parts>(std::move(how));
}

guest::~guest() = default;

caf::actor_system& guest::system() { return parts_->system; }

room_handle guest::room(const std::string& name) { return parts_->system.spawn<named_room>(parts_->visit, name); }

} // namespace troupe::guest
