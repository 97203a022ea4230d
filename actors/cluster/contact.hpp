#pragma once

#include "storage/membership.hpp"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <limits>

namespace troupe::actors {

using storage::time_ms;

inline constexpr time_ms never = std::numeric_limits<time_ms>::max();

/// The times of the ownership loop.
struct ownership_options {
  time_ms heartbeat_ms = 1'000;
  time_ms ttl_ms = 5'000;          ///< A node whose beat stands still for so long has expired.
  time_ms margin_ms = 1'000;       ///< So long before others may think so it serves nothing itself.
  time_ms look_ms = 1'000;         ///< The longest time between two looks …
  time_ms look_gap_ms = 20;        ///< … and the shortest.
  time_ms change_again_ms = 200;   ///< A change of owners that failed is tried again so much later.
  time_ms stable_ms = 3'000;       ///< No shard moves for balance until nobody came or went for so long.
  std::uint32_t moves_per_s = 16;  ///< For balance, by all nodes together.
  std::uint32_t settling_max = 16; ///< Shards of a draining node that are being ended at one time.
  time_ms settle_ms_max = 1'000;   ///< Rooms that have not ended by then are left to the fence.
  time_ms kill_again_ms = 1'000;
};

/// This node's touch with the store: when to beat and look, and until when it may serve.
///
/// It may serve until `deadline`, which each good beat moves to the time the beat was *sent* plus the time to live minus a
/// margin: the store had the beat later than that, so no other node takes this one for dead before. Past the
/// deadline it has lapsed, until a beat was good and a look that began after it came back.
struct contact {
  time_ms deadline = 0;
  bool lapsed = false;
  bool renewed = false; ///< Lapsed, and a beat was good since.

  time_ms beat_due = 0;
  bool beating = false; ///< A beat is under way.

  time_ms look_sent = 0;
  bool looking = false;       ///< A look is under way …
  bool look_renewed = false;  ///< … and began after `renewed`.
  bool look_wanted = true;    ///< The next one must not wait its time.
  time_ms look_not_after = 0; ///< The next one is due then at the latest.

  bool operator==(const contact&) const = default;

  /// Says whether the node has lapsed just now.
  bool lapse(time_ms now);

  bool take_due_beat(const ownership_options& options, time_ms now);
  bool take_due_look(const ownership_options& options, time_ms now);
  time_ms look_due(const ownership_options& options) const;

  void beaten(const ownership_options& options, time_ms sent, bool ok, time_ms now);

  /// Says whether the node may serve again what it owns by this look.
  bool looked(bool ok, time_ms now);
};
BOOST_DESCRIBE_STRUCT(contact, (),
                      (deadline, lapsed, renewed, beat_due, beating, look_sent, looking, look_renewed, look_wanted,
                       look_not_after))

} // namespace troupe::actors
