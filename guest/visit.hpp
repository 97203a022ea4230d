// guest/visit.hpp
#pragma once

#include "actors/cluster/guest_interfaces.hpp"
#include "client/session_core.hpp"
#include "guest/guest.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::guest {

using leave_atom = caf::atom_constant<caf::atom("leave")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

/// VISIT: a guest's session, wherever it is for now.
using visit_actor = actors::guest_actor::extend<
  // Room and text.
  caf::replies_to<post_atom, std::string, std::string>::with<posted_atom, std::uint64_t>,
  caf::reacts_to<listen_atom, std::string, caf::actor>, caf::reacts_to<tick_atom>, caf::reacts_to<leave_atom>>;

/// Where the living nodes of a cluster take guests in: "127.0.0.1:4711".
std::vector<std::string> nodes_in(const std::string& directory);

/// The shell around client::session_core: the same session as over a WebSocket, with CAF's
/// middleman below it.
class visit final : public visit_actor::base, private client::session_events {
public:
  visit(caf::actor_config& config, options how);

  const char* name() const override { return "troupe.visit"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  using posted = caf::typed_response_promise<posted_atom, std::uint64_t>;

  // -- session_events --
  void on_state(client::link_state to, const std::string& why, std::int64_t retry_ms) override;
  void on_message(const std::string& room, const client::entry& what, client::source how) override;
  void on_sent(const client::receipt& what) override;
  void on_refused(const protocol::client::send& what, const protocol::server::error& why) override;
  void on_error(const protocol::server::error& why) override;

  static caf::error refusal(const std::string& why);
  void perform();
  void connect();
  void enter(const caf::strong_actor_ptr& door);
  void lose(std::string why, std::uint16_t code = 0);

  options how_;
  client::session_core core_;
  std::size_t next_node_ = 0;
  std::uint64_t attempt_ = 0; ///< An answer to an earlier one is too late.
  actors::guest_place_actor place_;
  std::map<std::string, posted> posts_; ///< By cid.
  std::map<std::string, std::vector<caf::actor>> listeners_;
  std::optional<std::string> ended_; ///< Why the session will not come back.
  std::string refused_because_;      ///< By a node that did not take it in.
  bool performing_ = false;
};

} // namespace troupe::guest
