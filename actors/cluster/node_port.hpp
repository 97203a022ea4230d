// actors/cluster/node_port.hpp
#pragma once

#include "actors/cluster/mesh.hpp"

#include <cstdint>
#include <string>

namespace troupe::actors {

/// Where other nodes reach this one: CAF's middleman, which carries messages between actors of
/// different processes. Without TLS it stays on the loopback interface: its protocol trusts
/// whoever can connect.
///
/// Threading: `configure` before the system starts; `open` and `close` from the thread that owns it.
class node_port {
public:
  /// Loads the middleman, with heartbeats. The connection to a silent peer is given up a little after its time to live:
  /// who goes on before nobody ends it finds its connections as they were. See ADR 0017.
  static void configure(caf::actor_system_config& config, std::int64_t ttl_ms);

  explicit node_port(caf::actor_system& system) : system_(system) {}

  /// Other nodes find `desk` at this address; port 0 takes a free one. Gives the port.
  /// Throws std::runtime_error when it cannot listen there.
  std::uint16_t open(const mesh_actor& desk, const std::string& host, std::uint16_t port);

  /// Nobody finds it any more; links that stand go on.
  void close();

  /// CAF keeps an actor, a kilobyte, for each process that it ever met, in case one wants to spawn there. Lets go of
  /// those whose process is gone. From any thread.
  void forget_the_gone();

  /// Calls other nodes. The unit's thread must run for an answer to come.
  dial caller(actor_unit& unit);

private:
  caf::actor_system& system_;
  mesh_actor desk_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::actors
