// actors/guardian.hpp
#pragma once

#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <deque>
#include <string>
#include <unordered_map>

namespace troupe::actors {

/// GUARDIAN: root of the supervision on one I/O thread. It finds the relay of a room and the
/// actor of a user by name, makes them when they are needed, and lets them go when they are
/// idle; because all of that happens on one thread, nothing is ever sent to somebody who has
/// just left.
///
/// Supervision: a crashed room is rebuilt from the log, and its relay attaches again. After
///              `crashes_max` crashes within `crash_window_s` the room is quarantined: it
///              refuses everything, and an operator is told. A crashed relay is made anew and
///              the connections that listened to it are sent away to resume.
/// Limits:      `rooms_max` active rooms on the node, divided among the threads.
class guardian final : public unit_actor<guardian_actor> {
public:
  guardian(caf::actor_config& config, caf::execution_unit& unit, services& around);

  const char* name() const override { return "troupe.guardian"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct hosted_room {
    room_actor room;
    relay_actor relay;
    std::uint64_t sent = 0; ///< Commands given to the relay.
    std::deque<time_ms> crashes;
    bool quarantined = false;
  };
  struct hosted_user {
    user_actor user;
    std::uint64_t sent = 0;
  };

  void pass_on(to_relay_of& what);
  void pass_on(to_user_of& what);
  void notify(const notify_users& what);

  hosted_room* open(const std::string& name);
  void start_room(const std::string& name, hosted_room& hosted);
  void start_relay(const std::string& name, hosted_room& hosted);
  void tell(hosted_room& hosted, to_relay::command what);
  void turn_away(const to_relay::command& what, protocol::code why, const std::string& message);

  void let_go(const idle_relay& what);
  void let_go(const idle_room& what);
  void let_go(const idle_user& what);
  void crashed(const caf::down_msg& what);
  void room_crashed(const std::string& name, hosted_room& hosted);
  void relay_crashed(const std::string& name, hosted_room& hosted);
  void end_all();

  services& around_;
  std::unordered_map<std::string, hosted_room> rooms_;
  std::unordered_map<std::string, hosted_user> users_;
  std::unordered_map<caf::actor_id, const std::string*> watched_; ///< The keys of rooms_ and users_ by actor id.
  bool ending_ = false;
};

} // namespace troupe::actors
