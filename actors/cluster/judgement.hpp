#pragma once

#include "actors/cluster/contact.hpp"

#include <map>
#include <optional>

namespace troupe::actors {

/// Who is alive, who is not, and who may be taken from.
///
/// A node has expired when its beat stood still through one whole time to live in which this node's own touch
/// with the store was unbroken: measured by this node's clock alone, from the answer to a look
/// to the sending of a later one, so a store whose clock jumps, or that was away for a while, makes nobody look dead.
/// Expired is not dead: it is dead when its process is known not to run (`gone`), or when the store made sure of it.
struct judgement {
  enum class kill { none, asked, failed, done };

  /// What was seen of another node, by its incarnation.
  struct witnessed {
    time_ms beat = 0;             ///< The store's clock at its last beat: only compared for equality.
    std::optional<time_ms> since; ///< When this beat was first seen in the present unbroken touch.
    bool expired = false;
    kill killed = kill::none;
    time_ms kill_again = 0;
    bool warned = false;
    bool operator==(const witnessed&) const = default;
    BOOST_DESCRIBE_CLASS(witnessed, (), (beat, since, expired, killed, kill_again, warned), (), ())
  };

  std::map<storage::incarnation_t, witnessed> others;

  bool operator==(const judgement&) const = default;

  /// A call to the store failed, or this node has lapsed: nothing seen so far proves that anybody stood still.
  void lost_touch();

  /// A look that was sent at `sent` has been answered.
  void saw(const storage::cluster_seen& what, storage::incarnation_t self, time_ms ttl_ms, time_ms sent, time_ms now);

  bool living(const storage::node_seen& who) const;
  bool dead(const storage::node_seen& who) const;

  /// Whether an expired node must be killed now; then it is taken as asked for.
  bool take_due_kill(const storage::node_seen& who, time_ms now);

  /// The answer to a kill. Says whether an operator must hear that it failed.
  bool killed(storage::incarnation_t whom, bool dead, time_ms again);

  /// When the next node expires, and when the next kill is due again; `never` when none.
  time_ms next_expiry(time_ms ttl_ms) const;
  time_ms next_kill() const;
};
BOOST_DESCRIBE_STRUCT(judgement, (), (others))

} // namespace troupe::actors
