// actors/sequencer.hpp
#pragma once

#include "actors/authority.hpp"
#include "actors/recent_messages.hpp"
#include "actors/room_messages.hpp"
#include "config/options.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace troupe::actors {

/// One connection's attempt to have a message stored.
struct attempt {
  std::string relay;
  connection_id connection = 0;
  bool operator==(const attempt&) const = default;
};
BOOST_DESCRIBE_STRUCT(attempt, (), (relay, connection))

/// A send that waits for its number, with other attempts of the same (user, cid).
struct queued_send {
  to_room::submit what;
  std::vector<attempt> also;
};
BOOST_DESCRIBE_STRUCT(queued_send, (), (what, also))

/// Everything the sequencer knows, as plain data.
struct sequencer_state {
  std::string epoch;
  seq_t head = 0;
  time_ms time = 0;
  storage::digest_bytes chain{};
  seq_t min = 1;
  time_ms floor = 0;
  bool rebuilding = true;
  std::deque<queued_send> queue;
  std::vector<queued_send> committing;              ///< One per record of the run in flight.
  std::vector<storage::record> run;                 ///< The run in flight.
  recent_messages recent;                           ///< Up to `head`.
  std::vector<recent_message> targets;              ///< Older messages looked up for the head of the queue.
  std::uint32_t run_max = storage::run_records_max; ///< How long the log wants the next run to be.
  seq_t looking_for = 0;                            ///< A look-up on its way; 0 = none.
  std::vector<seq_t> missing;                       ///< Targets the log does not hold.
  authority_state roles;                            ///< Who may write; lives in its own part until `snapshot`.
};
BOOST_DESCRIBE_STRUCT(sequencer_state, (),
                      (epoch, head, time, chain, min, floor, rebuilding, queue, committing, run, recent, targets,
                       run_max, looking_for, missing, roles))

/// Gives messages their numbers: one uncommitted run at a time, every (user, cid) once.
///
/// Ordering:   first come, first numbered. A send whose target has to be looked up holds
///             back what came later, so that the order of each connection is kept.
/// Delivery:   a message is published after the log has it. After an unknown outcome the
///             room is rebuilt from the log before anything else is numbered, and what the
///             log had taken is published then.
/// Authority:  judged when a number is given, by everything before it; an event of moderation is a run of its own.
/// Overload:   at most `mailbox_max` sends wait; one past is refused with `overloaded`.
/// Errors:     every attempt ends in exactly one of published, `repeated`, `refused`.
class sequencer {
public:
  static constexpr std::uint32_t recent_max = recent_messages::held_max;
  static_assert(recent_max > storage::run_records_max); // So that a rebuild sees all of a run.

  struct rules {
    std::string room;
    protocol::durability durable = protocol::durability::disk;
    std::uint32_t mailbox_max = 0;
    std::int64_t cid_floor_ms = 0; ///< cids this far behind the room's time are refused.
    authority_rules roles = {};
  };

  explicit sequencer(rules how, sequencer_state start = {});

  sequencer(sequencer&&) = default; // and no copy: what is derived points into the state

  const sequencer_state& state() const noexcept { return state_; }
  const authority& roles() const noexcept { return roles_; }
  sequencer_state snapshot() const;
  bool idle() const noexcept { return state_.queue.empty() && state_.run.empty() && !state_.rebuilding; }

  void submit(to_room::submit what, time_ms now, room_effects& out);

  /// The user becomes the owner, by an event in the room's own name.
  void is_founded_by(const std::string& user, time_ms now, room_effects& out);

  /// The answer to `commit`. Gives the records that were committed by it, for the caller to
  /// draw its conclusions (activity, retention). Emits `retire` when another owner has the shard.
  std::vector<storage::record> appended(storage::append_result result, std::uint32_t run_max, time_ms now,
                                        room_effects& out);

  /// The answer to `open`: first, or after an unknown outcome. Gives what the log had taken
  /// beyond what was known. False when the log could not be read.
  bool opened(const storage::open_result& result, time_ms now, room_effects& out,
              std::vector<storage::record>& surprises);

  /// The answer to `look_up`. What could not be read is refused, and looked up again for the next one who names it.
  void found(seq_t seq, const storage::find_result& result, time_ms now, room_effects& out);

  /// cids older than this are refused from now on.
  void raise_floor(time_ms floor);
  void raise_min(seq_t min);

  /// Refuses everything that waits.
  void refuse_all(const protocol::server::error& why, room_effects& out);

private:
  static send_name name_of(const to_room::submit& what) { return {what.user, what.cid}; }

  void advance(time_ms now, room_effects& out);
  bool number(queued_send send, time_ms now, room_effects& out);
  const recent_message* find_target(seq_t seq) const;
  bool target_known(seq_t seq) const;
  void refuse_unread(seq_t target, room_effects& out);
  std::optional<protocol::server::error> judge(const to_room::submit& what, time_ms now) const;
  std::optional<protocol::server::error> judge_target(const to_room::submit& what, time_ms now) const;
  void answer_repeated(const attempt& who, const recent_message& first, std::string_view user, std::string_view cid,
                       room_effects& out) const;
  void refuse(const queued_send& send, const protocol::server::error& why, room_effects& out) const;
  void remember(const storage::record& stored);
  void waits(const to_room::submit& what);
  void waits_no_more(const to_room::submit& what);
  void publish(std::vector<storage::record> records, room_effects& out) const;
  void requeue();
  void duplicates_found(std::vector<storage::duplicate> duplicates, room_effects& out);
  void reindex();

  rules rules_;
  sequencer_state state_; ///< But for `roles`.
  authority roles_;
  /// The hash of each name in `queue` and `committing`: who is not here does not wait, who is here may.
  std::unordered_multiset<std::size_t> waiting_;
};

/// The answer to an attempt that failed, with `cid` filled in.
protocol::server::error refusal(protocol::code what, std::string message, protocol::retry next,
                                std::optional<std::uint32_t> after_ms = {});

} // namespace troupe::actors
