// actors/counters.hpp
//
// What the actors of a node count; read by the metrics exporter while they change.
#pragma once

#include <boost/describe/class.hpp>

#include <atomic>
#include <cstdint>

namespace troupe::actors {

using counter = std::atomic<std::uint64_t>;
using gauge = std::atomic<std::int64_t>;

struct actor_counters {
  gauge rooms; ///< Active rooms.
  gauge relays;
  gauge users;           ///< Users with an actor.
  gauge signed_in;       ///< Live sessions.
  counter messages;      ///< Messages published by rooms of this node.
  counter refused;       ///< Sends refused by rooms.
  counter repeated;      ///< Sends answered with their first ack.
  counter deliveries;    ///< Frames handed to connections by broadcasts.
  counter crashes;       ///< Actors that were rebuilt.
  counter quarantines;   ///< Rooms closed for failing too often.
  counter rooms_rebuilt; ///< Times a room answered its relay again after it had crashed.
  counter passivations;
  counter step_crashes;    ///< Middleware steps that were made anew.
  counter step_recoveries; ///< Errors of failed steps that `recover` has calmed.
  counter access_log_dropped;
  counter record_dropped;  ///< Requests that the recording of `record` lacks.
  counter breaker_opened;  ///< Times a circuit breaker opened.
  counter page_cache_hits; ///< Pages that `page_cache` gave.
  counter page_cache_misses;
  counter room_rebuild_us; ///< From the crashes to the answers, in sum; shown as seconds.
};
BOOST_DESCRIBE_STRUCT(actor_counters, (),
                      (rooms, relays, users, signed_in, messages, refused, repeated, deliveries, crashes, quarantines,
                       rooms_rebuilt, passivations, step_crashes, step_recoveries, access_log_dropped, record_dropped,
                       breaker_opened, page_cache_hits, page_cache_misses))

} // namespace troupe::actors
