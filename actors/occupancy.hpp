// actors/occupancy.hpp
#pragma once

#include "actors/room_messages.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::actors {

/// The grace of a user without a session.
struct departing {
  time_ms leaves_at = 0; ///< When the grace ends.
  std::string why;       ///< left, timeout, node_lost
};
BOOST_DESCRIBE_STRUCT(departing, (), (leaves_at, why))

struct occupancy_state {
  std::uint64_t version = 0;
  std::map<std::string, std::uint32_t> users;    ///< By how many sessions; 0 while the grace runs.
  std::map<std::string, departing> leaving;      ///< Those of the users without a session.
  std::vector<std::string> joined;               ///< Not announced yet.
  std::vector<protocol::server::departure> left; ///< Not announced yet.
  time_ms announce_at = 0;                       ///< 0 = nothing waits.
  time_ms last_announced = 0;
  time_ms snapshot_at = 0; ///< When everybody gets the whole list; 0 = not.
};
BOOST_DESCRIBE_STRUCT(occupancy_state, (),
                      (version, users, leaving, joined, left, announce_at, last_announced, snapshot_at))

/// Who is in a room. A user joins with the first session and leaves with the last; a lost
/// connection leaves after a grace, so that restarts do not flap.
///
/// Ordering: `version` grows by one per announced change.
/// Overload: changes of a big room are announced together, the more people the rarer; above
///           `users_max` a change is a count and a sample.
/// Time:     only what is passed in; `next` tells when to `pass`.
class occupancy {
public:
  occupancy(std::int64_t grace_ms, std::uint32_t users_max, occupancy_state start = {});

  const occupancy_state& state() const noexcept { return state_; }

  /// Versions of this activation start above those of any earlier one.
  void start(time_ms now);

  /// Somebody comes back who may have missed changes, and others may not come back: when the
  /// grace is over, everybody gets the whole list.
  void rebuild(time_ms now);

  void enter(const std::string& user, time_ms now);
  /// `why` is left (at once) or timeout and node_lost (after the grace).
  void leave(const std::string& user, std::string why, time_ms now);

  std::uint32_t sessions_of(const std::string& user) const;

  /// Ends graces and announces what is due.
  void pass(time_ms now, room_effects& out, const std::string& room);

  /// When `pass` has something to do; 0 = never.
  time_ms next() const;

  /// Everybody, or a sample with the count above the limit.
  protocol::server::presence snapshot(const std::string& room) const;
  protocol::server::presence_now now_present() const;

private:
  void changed(time_ms now);
  std::int64_t interval_ms() const;
  std::vector<std::string> sample() const;

  std::int64_t grace_ms_;
  std::uint32_t users_max_;
  occupancy_state state_;
};

} // namespace troupe::actors
