// actors/guardian.hpp
#pragma once

#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::actors {

/// GUARDIAN: root of the supervision on one I/O thread. It finds the relay of a room and the
/// actor of a user by name, makes them when they are needed, and lets them go when they are
/// idle; because all of that happens on one thread, nothing is ever sent to somebody who has
/// just left. It goes by the last view of the cluster: a relay's room is the room itself
/// when this node owns its shard, else a stand-in at the link to the node that does.
///
/// Supervision: a crashed room is rebuilt from the log, and its relay attaches again. After
///              `crashes_max` crashes within `crash_window_s` the room is quarantined: it
///              refuses everything, and an operator is told. A crashed relay is made anew and
///              the connections that listened to it are sent away to resume.
/// Limits:      `rooms_max` active rooms on the node, divided among the threads; the last `faults_max` crashes are
///              remembered.
class guardian final : public unit_actor<guardian_actor> {
public:
  static constexpr std::size_t faults_max = 256;

  guardian(caf::actor_config& config, actor_unit& unit, services& around, std::size_t thread);

  const char* name() const override { return "troupe.guardian"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  /// Where a room is, and under which term.
  struct place {
    std::string node; ///< Empty: it cannot be reached now.
    storage::term_t term = 0;
    bool operator==(const place&) const = default;
  };

  struct hosted_room {
    room_actor room; ///< The room, or its stand-in.
    relay_actor relay;
    place at;                                  ///< Of `room`.
    std::vector<std::string> relays_elsewhere; ///< Nodes whose relays are attached.
    std::uint64_t sent = 0;                    ///< Commands given to the relay.
    std::deque<time_ms> crashes;
    bool quarantined = false;
    time_ms look_after_ms = 0; ///< It was not where the view says; how long was waited before looking again.
  };
  struct unfound_room {
    std::string name;
    time_ms at;
  };
  struct hosted_user {
    user_actor user;
    std::uint64_t sent = 0;
  };

  void pass_on(to_relay_of& what);
  void pass_on(to_user_of& what);
  void notify(const notify_users& what);

  // -- the cluster (guardian_cluster.cpp) --
  void see(const new_view& what);
  void see(peer_changed& what);
  void pass_on(to_room_of& what);
  void pass_on(to_relay_from& what);
  void settle(storage::shard_id shard);
  void lost(const lost_room& what);
  void look_for_rooms();
  place place_of(const std::string& name) const;
  void follow(const std::string& name, hosted_room& hosted);
  void end_room(const std::string& name, hosted_room& hosted);
  void forget_if_unused(const std::string& name);
  void say_ended(const std::string& name, const std::string& node, storage::term_t term, from_room::absence why);
  void look_again_soon(const std::string& name, hosted_room& hosted);
  void look_at(const std::string& name, time_ms when);

  // -- what an operator sees (guardian_health.cpp) --
  void report(const survey_room& what);
  void note_fault(const std::string& room, const char* actor, const caf::error& why);

  bool may_open_another() const;
  hosted_room* open(const std::string& name);
  void introduce(hosted_room& hosted);
  void start_room(const std::string& name, hosted_room& hosted);
  bool is_here(const hosted_room& hosted) const { return hosted.room && hosted.at.node == around_.options.node; }
  void start_relay(const std::string& name, hosted_room& hosted);
  void tell(hosted_room& hosted, to_relay::command what);
  void turn_away(const to_relay_of& to, protocol::code why, const std::string& message);

  void let_go(const idle_relay& what);
  void let_go(const idle_room& what);
  void let_go(const idle_user& what);
  void crashed(const caf::down_msg& what);
  void room_crashed(const std::string& name, hosted_room& hosted);
  void relay_crashed(const std::string& name, hosted_room& hosted);
  void end_all();

  services& around_;
  std::size_t thread_;
  peer_table& peers_;
  shared_view view_;                  ///< Null until the first one.
  std::vector<unfound_room> unfound_; ///< To be looked for again, or to be forgotten.
  std::unordered_map<std::string, hosted_room> rooms_;
  std::unordered_map<std::string, hosted_user> users_;
  std::deque<std::pair<std::string, room_fault>> faults_; ///< The last crashes, by room: a room may be gone by now.
  std::unordered_map<caf::actor_id, const std::string*> watched_; ///< The keys of rooms_ and users_ by actor id.
  bool ending_ = false;
};

} // namespace troupe::actors
