// actors/cluster/link_messages.hpp
//
// What one end of a link is told, and what it does. Times are the boot-time clock of this
// machine in milliseconds.
#pragma once

#include "actors/cluster/envelope.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

/// The bounds of one end of a link.
struct link_limits {
  std::uint64_t credit_bytes = 4 * 1024 * 1024;  ///< Un-acked items this end takes from its peer.
  std::uint64_t waiting_bytes = 4 * 1024 * 1024; ///< Items that wait for the peer's credit.
  std::uint64_t kept_bytes = 1024 * 1024; ///< The last of `waiting_bytes`, kept for items that can be neither dropped
                                          ///< nor refused.
  std::uint32_t rooms_behind = 10'000;    ///< Rooms whose relay at the peer has to be told that it fell behind.
  std::int64_t ack_after_ms = 400;        ///< Items carry acks; without any, one goes by itself after this.
  std::uint64_t ack_after_bytes = 256 * 1024;
  std::int64_t stall_ms = 1'200; ///< The peer acks something, and greets, within this time.
};
BOOST_DESCRIBE_STRUCT(link_limits, (),
                      (credit_bytes, waiting_bytes, kept_bytes, rooms_behind, ack_after_ms, ack_after_bytes, stall_ms))

/// Why a session of a link ended.
enum class link_end : std::uint8_t {
  lost = 1,              ///< Told from outside.
  replaced = 2,          ///< A new session was opened before this one was lost.
  undecodable = 3,       ///< The peer's bytes are no envelope.
  other_version = 4,     ///< The peer speaks another version of the link.
  unknown_session = 5,   ///< The peer is in a session that this end never had.
  wrong_incarnation = 6, ///< The peer is not, or does not talk to, who the session was opened with and for.
  wrong_number = 7,      ///< Something in between is missing, or came twice.
  wrong_ack = 8,         ///< The peer acks what was never sent.
  beyond_credit = 9,     ///< The peer sent more than it was granted …
  credit_too_small = 10, ///< … or grants less than what has to be sent next.
  stalled = 11,          ///< The peer acks nothing any more, or never greeted.
  overflow = 12,         ///< More waits than may wait, and none of it can be dropped.
};
BOOST_DESCRIBE_ENUM(link_end, lost, replaced, undecodable, other_version, unknown_session, wrong_incarnation,
                    wrong_number, wrong_ack, beyond_credit, credit_too_small, stalled, overflow)

namespace to_link {

/// A session begins: both ends are told the same random number, and who the other one is. At
/// the end that got it from its peer, before any envelope of that session.
struct opened {
  std::uint64_t session = 0;
  incarnation_t peer = 0;
};
BOOST_DESCRIBE_STRUCT(opened, (), (session, peer))

/// The peer cannot be reached any more.
struct lost {};
BOOST_DESCRIBE_STRUCT(lost, (), ())

/// An envelope of the peer, only looked at during the call.
struct received {
  std::string_view bytes;
};

/// An item for the peer. It leaves with others, at the latest at the next `flush`.
struct send {
  shared_item what;
};

/// The end of an actor's turn: what was collected leaves.
struct flush {};
BOOST_DESCRIBE_STRUCT(flush, (), ())

/// The time asked for by `wake_at` has come.
struct tick {};
BOOST_DESCRIBE_STRUCT(tick, (), ())

using input = std::variant<opened, lost, received, send, flush, tick>;

} // namespace to_link

namespace link_does {

/// Bytes for the peer, in this order.
struct transmit {
  std::string bytes;
};
BOOST_DESCRIBE_STRUCT(transmit, (), (bytes))

/// An item of the peer.
struct deliver {
  item what;
};
BOOST_DESCRIBE_STRUCT(deliver, (), (what))

/// The peer was heard in this session: items pass in both directions.
struct up {};
BOOST_DESCRIBE_STRUCT(up, (), ())

/// Follows each `up` once: nothing passes any more; what was on its way may or may not arrive.
struct down {
  link_end why = link_end::lost;
};
BOOST_DESCRIBE_STRUCT(down, (), (why))

/// The session is over for this end: the peer must be told, and a new one be opened. After
/// `down` when it was up.
struct reset {
  link_end why = link_end::stalled;
  std::string detail; ///< In words, for the log.
};
BOOST_DESCRIBE_STRUCT(reset, (), (why, detail))

/// Why an item was not taken.
enum class refusal : std::uint8_t {
  closed = 1,    ///< There is no session.
  full = 2,      ///< Too much waits already.
  too_large = 3, ///< The item alone is more than the link carries.
};
BOOST_DESCRIBE_ENUM(refusal, closed, full, too_large)

/// An item was not taken, and it is neither one that may be dropped nor one that the peer can
/// pull. `full` befalls what may be refused only.
struct refused {
  shared_item what;
  refusal why = refusal::closed;
};

/// The next time something has to be done without being told.
struct wake_at {
  time_ms time = 0;
};
BOOST_DESCRIBE_STRUCT(wake_at, (), (time))

using effect = std::variant<transmit, deliver, up, down, reset, refused, wake_at>;

} // namespace link_does

using link_effects = std::vector<link_does::effect>;

/// What one end of a link did since it was made.
struct link_counters {
  std::uint64_t envelopes_out = 0;
  std::uint64_t envelopes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t items_out = 0;
  std::uint64_t items_in = 0;
  std::uint64_t resets = 0;
  std::uint64_t refused = 0;
  std::uint64_t dropped_published = 0; ///< `published` that a relay has to pull.
  std::uint64_t dropped_others = 0;
  std::uint64_t rooms_behind = 0; ///< How often a room fell behind.
  std::uint64_t unacked_bytes_max = 0;
  bool operator==(const link_counters&) const = default;
};
BOOST_DESCRIBE_STRUCT(link_counters, (),
                      (envelopes_out, envelopes_in, bytes_out, bytes_in, items_out, items_in, resets, refused,
                       dropped_published, dropped_others, rooms_behind, unacked_bytes_max))

} // namespace troupe::actors
