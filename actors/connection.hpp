// actors/connection.hpp
#pragma once

#include "actors/connection_core.hpp"
#include "actors/fanout_table.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"
#include "actors/wire.hpp"

#include <string>
#include <vector>

namespace troupe::actors {

/// CONNECTION: the shell between a socket (wire), its core, and the actors of the node.
///
/// Threading: lives on the I/O thread of its socket; the socket and the fanout call it
///            directly there.
/// Lifetime:  held by its socket until `closed`; it ends when the socket ends, and the
///            socket ends when it does.
class connection final : public unit_actor<connection_actor>,
                         public wire_events,
                         public addressee,
                         private connection_port {
public:
  connection(caf::actor_config& config, actor_unit& unit, services& around, connection_id id, wire& socket,
             const std::string& address);

  const char* name() const override { return "troupe.connection"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // -- wire_events ----------------------------------------------------------------------
  void opened() override;
  void received(std::string_view text) override;
  void take(std::vector<shared_frame>& out, std::size_t bytes_max) override;
  void tick(std::int64_t now_ms) override;
  void closed(ending why) override;

  // -- addressee --------------------------------------------------------------------------
  void hear(to_connection::news what) override;
  void acked(request_id re, subscription* of, const room_frame& what) override;
  void deliver(subscription& of, const room_frame& what) override;
  void restart(const std::string& room, subscription& of) override;
  const std::string& user() const override { return core_.user(); }

private:
  // -- connection_port ----------------------------------------------------------------------
  void wake() override;
  void close(protocol::close_code why, std::string_view reason) override;
  void tell_room(const std::string& room, to_relay::command what) override;
  void tell_user(const std::string& user, to_user::command what) override;
  void subscribe(const std::string& room, subscription& to) override;
  void unsubscribe(const std::string& room) override;
  void draw(unsigned char* random, std::size_t bytes) override;
  const shared_chain& chain_for(verb what, std::string_view room) override;

  fanout_table& table() const { return *around_.tables[io_thread_of(core_.id())]; }

  services& around_;
  wire* socket_; ///< Null once it is gone.
  connection_core core_;
  std::vector<std::string> spoken_to_; ///< Rooms with un-acked sends but without a subscription.
};

/// Makes connections for sockets.
class door final : public wire_acceptor {
public:
  explicit door(services& around) : around_(around), next_(around.units.size(), 1) {}

  attached attach(std::size_t io_thread, wire& socket, peer who) override;

  /// A number for another addressee on that thread.
  connection_id next_id(std::size_t io_thread) noexcept { return next_[io_thread]++ << 8 | io_thread; }

private:
  services& around_;
  std::vector<connection_id> next_; ///< One per I/O thread, touched only there.
};

} // namespace troupe::actors
