// actors/subscription.hpp
#pragma once

#include "actors/outbound_queue.hpp"
#include "protocol/messages.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// A frame of a room on its way to one connection.
struct room_frame {
  shared_frame frame;
  frame_class kind = frame_class::message;
  protocol::seq_t seq = 0; ///< Of a message or an ack; the version of a presence; else 0.
};

/// Where a connection stands in one room: one mechanism for joining, resuming and gaps.
///
///   catching: a `joined` or a closing `page` is on its way; pushes are held.
///   live:     pushes go out as they come.
///   gapped:   pushes stop, only acks pass, until a `fetch{after}` has answered `more:false`.
///
/// Ordering: what leaves is in the order of `seq`; no message up to the end of a page is sent
///           again after it, nothing beyond is left out. An ack that comes when a page has shown
///           its message already leaves all the same, as one that is out of the order (`has_passed`).
/// Overload: at most `held_max` frames and the acks are held; beyond it the subscription is gapped.
class subscription {
public:
  static constexpr std::size_t held_max = 512;

  enum class state : std::uint8_t { catching, live, gapped };

  struct wants {
    bool presence = true;
    bool typing = true;
    bool marks = true;
  };

  /// What is to be done with a frame, or after catching up.
  struct outcome {
    std::optional<protocol::server::gap> gap; ///< First this; `room` is left to the caller.
    std::vector<room_frame> send;             ///< Then these, in this order.
    bool resync = false;                      ///< Ask for a snapshot of presence and marks.
  };

  explicit subscription(wants what) : wants_(what) {}

  state where() const noexcept { return state_; }
  bool wanted(frame_class kind) const noexcept;
  /// A `joined` or a page has shown the message: its ack does not stand in the stream any more.
  bool has_passed(protocol::seq_t seq) const noexcept { return seq <= covered_ || seq <= shown_; }

  /// A join or a fetch that may close the gap was sent. False when one is under way already.
  bool begin_catching();

  /// True: send it now. False: it is held or dropped here. Cheap: the path of every delivery.
  bool pass(const room_frame& what) {
    if (state_ != state::live)
      return pass_slowly(what);
    return what.kind != frame_class::message || what.seq > covered_;
  }

  /// The frame was passed but the queue did not take it.
  outcome dropped(const room_frame& what);

  /// A snapshot is due, because one was left out.
  void lacks_snapshot() noexcept { stale_ = true; }

  /// A `joined` or a page went out: `end` is the last seq it covers, 0 when it covers none.
  /// `complete` is false when more has to be fetched. `version` is that of the presence in a
  /// `joined`, else 0.
  outcome caught_up(protocol::seq_t end, bool complete, std::uint64_t version);

  /// A page went out up to `end` beside the one that is to close the gap. Who takes it for that one has passed its acks.
  void saw_page(protocol::seq_t end) noexcept {
    if (state_ != state::live)
      shown_ = std::max(shown_, end);
  }

  /// The fetch failed, or nobody waits for it any more: back to gapped.
  outcome catching_failed();

  /// The room's log is another one: what comes is held for the `joined` that says so. After `catching_failed`.
  void restart();

  /// The queue has room again: true once when a snapshot is due.
  bool take_stale() noexcept;

private:
  bool pass_slowly(const room_frame& what);
  std::vector<room_frame> held_acks();

  struct holding {
    std::vector<room_frame> frames;
    protocol::seq_t lost_to = 0; ///< The last message that was not held.
  };

  state state_ = state::catching;
  protocol::seq_t covered_ = 0; ///< A page held what came up to here; a page can be faster than the stream.
  protocol::seq_t shown_ = 0;   ///< By pages that did not close the gap.
  wants wants_;
  bool stale_ = false;            ///< A presence or a mark was dropped.
  std::unique_ptr<holding> held_; ///< Only while catching.
};

} // namespace troupe::actors
