// actors/cluster/guest_place.hpp
#pragma once

#include "actors/cluster/guest_interfaces.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"
#include "actors/wire.hpp"

#include <string>
#include <vector>

namespace troupe::actors {

struct flush_guest {};

using guest_place_base = guest_place_actor::extend<caf::reacts_to<flush_guest>, caf::reacts_to<alarm_rang>>;

/// GUEST PLACE: gives a program of one's own a connection on this node, with all that holds for
/// connections: it says hello, its frames take the same way, and a slow one gets gaps.
///
/// Overload: at most `unacked_bytes_max` are on their way; the rest waits in the connection's
///           bounded queue.
/// Lifetime: ends with the guest or with the connection, whichever comes first.
class guest_place final : public unit_actor<guest_place_base>, private wire {
public:
  static constexpr std::uint64_t unacked_bytes_max = 256 * 1024;

  guest_place(caf::actor_config& config, actor_unit& unit, wire_acceptor& door, std::size_t io_thread,
              const caf::strong_actor_ptr& guest);

  const char* name() const override { return "troupe.guest_place"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  // -- wire --
  void wake() override;
  void close(protocol::close_code why, std::string_view reason) override;
  void drop() override;

  void flush();
  void end(ending why);

  wire_acceptor& door_;
  std::size_t io_thread_;
  guest_actor guest_;
  caf::strong_actor_ptr self_; ///< Until it ends: nobody here holds it, and a guest may let it go on any thread.
  attached connection_;
  bool woken_ = false;
  std::uint64_t unacked_bytes_ = 0;
};

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::flush_guest)
