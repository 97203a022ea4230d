// actors/cluster/link_core.hpp
#pragma once

#include "actors/cluster/link_messages.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace troupe::actors {

/// One end of the link between two nodes.
///
/// A session starts with an envelope without items from each end, which grants the credit and
/// proves who is there; the link is up when the peer's came.
///
/// Ordering:  items are delivered in the order in which they were sent. What a session delivers
///            is what was sent in it from its start on, without holes, up to some point - but for
///            items that `when_full` allows to drop, which are dropped before they are numbered.
/// Delivery:  at most once. An envelope is delivered whole or not at all. Whatever goes wrong ends
///            the session; what had not arrived then is lost, and relays attach again.
/// Overload:  never more un-acked items on the wire than the peer's credit. What waits for credit
///            is bounded: a room whose news find no space falls behind, gets no more news that
///            can be pulled, and hears `behind` once nothing waits any more. What waits may exceed its
///            bound by one item that came when nothing waited, and by one `behind` a room.
/// Time:      only what is passed in.
class link_core {
public:
  link_core(incarnation_t self, const link_limits& limits) : self_(self), limits_(limits) {}

  link_effects apply(const to_link::input& what, time_ms now);

  bool is_up() const noexcept { return peer_credit_.has_value(); }
  std::uint64_t session() const noexcept { return session_; } ///< 0 = none.
  std::uint64_t waiting_bytes() const noexcept { return waiting_bytes_; }
  std::uint64_t unacked_bytes() const noexcept { return unacked_bytes_; }
  std::size_t rooms_behind() const noexcept { return behind_.size(); }
  const link_counters& counters() const noexcept { return counters_; }

private:
  struct in_flight {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
  };
  struct missed_news {
    term_t term = 0;
    from_room::behind what;
  };

  void on(const to_link::opened& what, time_ms now, link_effects& out);
  void on(const to_link::lost& what, time_ms now, link_effects& out);
  void on(const to_link::received& what, time_ms now, link_effects& out);
  void on(const to_link::send& what, time_ms now, link_effects& out);
  void on(const to_link::flush& what, time_ms now, link_effects& out);
  void on(const to_link::tick& what, time_ms now, link_effects& out);

  bool check(const sealed_envelope& envelope, link_effects& out);
  void take_acks(const envelope_header& header, time_ms now);
  bool has_space(const encoded_item& what) const;
  void fall_behind(const encoded_item& what, link_effects& out);
  void push(shared_item what);
  void pump(std::uint64_t batch_min, time_ms now, link_effects& out);
  void tell_behind();
  void transmit(std::uint64_t items_bytes, std::size_t items, link_effects& out);
  void close(link_end why, link_effects& out);
  void reset(link_end why, std::string detail, link_effects& out);
  void schedule(time_ms now, link_effects& out);

  incarnation_t self_;
  link_limits limits_;
  link_counters counters_;

  std::uint64_t session_ = 0;
  std::array<std::uint64_t, 8> sessions_before_{}; ///< Whose envelopes may still be on their way.
  std::size_t next_before_ = 0;
  incarnation_t peer_ = 0;

  std::uint64_t last_out_ = 0;
  std::deque<in_flight> unacked_;
  std::uint64_t unacked_bytes_ = 0;
  std::optional<std::uint64_t> peer_credit_; ///< Set when the peer was heard in this session.
  time_ms progress_at_ = 0;                  ///< Of the session's start, the oldest un-acked envelope or the last ack.
  std::deque<shared_item> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::map<std::string, missed_news> behind_; ///< By room.

  std::uint64_t last_in_ = 0;
  std::uint64_t unanswered_bytes_ = 0; ///< Taken since the last envelope to the peer.
  std::optional<time_ms> ack_at_;
  std::optional<time_ms> woken_at_;
};

} // namespace troupe::actors
