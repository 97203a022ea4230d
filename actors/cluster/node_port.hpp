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
  /// Loads the middleman, with heartbeats, so that a frozen or unplugged peer is noticed in about
  /// `silence_ms`.
  static void configure(caf::actor_system_config& config, std::int64_t silence_ms);

  explicit node_port(caf::actor_system& system) : system_(system) {}

  /// Other nodes find `desk` at this address; port 0 takes a free one. Gives the port.
  /// Throws std::runtime_error when it cannot listen there.
  std::uint16_t open(const mesh_actor& desk, const std::string& host, std::uint16_t port);

  /// Nobody finds it any more; links that stand go on.
  void close();

  /// Calls other nodes. The unit's thread must run for an answer to come.
  dial caller(caf::execution_unit& unit);

private:
  caf::actor_system& system_;
  mesh_actor desk_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::actors
