// actors/services.hpp
#pragma once

#include "actors/counters.hpp"
#include "actors/interfaces.hpp"
#include "actors/resume_tokens.hpp"
#include "config/options.hpp"
#include "config/room_patterns.hpp"
#include "storage/message_log.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

class fanout_table;
class tape_writer;

/// What the actors of a node take from outside: time, randomness, storage, configuration,
/// the units they live on. The server gives real ones, a simulation its own.
///
/// Threading: filled before the first actor is spawned, immutable after; everything in it
///            may be called from any thread.
struct services {
  const config::options& options;
  const config::room_patterns& patterns;
  storage::message_log& disk;
  storage::message_log& memory;
  const resume_tokens& tokens;
  std::function<time_ms()> now;
  std::function<void(unsigned char*, std::size_t)> draw;
  std::function<storage::term_t(std::string_view room)> term_of;
  /// Says what an operator should see; never on a hot path.
  std::function<void(std::string_view)> warn;
  actor_counters& counters;
  tape_writer* tapes = nullptr; ///< When rooms are recorded.

  /// One of each per I/O thread, in the order of the threads.
  std::vector<caf::execution_unit*> units;
  std::vector<std::unique_ptr<fanout_table>> tables;
  std::vector<fanout_actor> fanouts;
  std::vector<guardian_actor> guardians;

  storage::message_log& log_for(const config::room_policy& policy) const {
    return policy.durability == protocol::durability::memory ? memory : disk;
  }

  /// Rooms and users live on the I/O thread that their name picks.
  std::size_t unit_of(std::string_view name) const { return storage::shard_of(name) % units.size(); }
};

} // namespace troupe::actors
