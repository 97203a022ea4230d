// actors/room.hpp
#pragma once

#include "actors/alarm.hpp"
#include "actors/room_core.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <deque>
#include <optional>
#include <string>

namespace troupe::actors {

/// ROOM: the shell around room_core. It carries out what the core decides: commits to the
/// log, reads for joins and pages, tells relays.
///
/// Ordering:  commands are folded in the order they arrive; answers of the log come back as
///            commands. A log that answers at once is folded next, before the mailbox.
/// Fence:     every write names the term under which the room was made; once it is refused, or
///            the node is past its own deadline, the room says nothing more.
/// Lifetime:  held by its guardian and by every operation of the log that is on its way.
class room final : public unit_actor<room_actor> {
public:
  room(caf::actor_config& config, actor_unit& unit, services& around, std::string name,
       const config::room_policy& policy, storage::term_t term, guardian_actor guardian, relay_actor local_relay);

  const char* name() const override { return "troupe.room"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void take(to_room::command what);
  void arrive(to_room::command what);
  void fold(to_room::command what);

  // -- one function per effect ------------------------------------------------------
  void carry_out(room_does::tell& what);
  void carry_out(room_does::open& what);
  void carry_out(room_does::commit& what);
  void carry_out(room_does::look_up& what);
  void carry_out(room_does::read_for_join& what);
  void carry_out(room_does::read_for_fetch& what);
  void carry_out(room_does::read_for_refill& what);
  void carry_out(room_does::save_member& what);
  void carry_out(room_does::prune& what);
  void carry_out(room_does::notify& what);
  void carry_out(room_does::wake_at& what);
  void carry_out(room_does::passivate& what);
  void carry_out(room_does::retire& what);
  void carry_out(room_does::ask_creation& what);

  void count(const from_room::news& what);
  void report(const survey_room& what) const;
  relay_address relay_named(const std::string& name) const;
  void give_up();
  void save(storage::member_row row, bool forget, std::uint32_t user_rooms_max, storage::done<storage::status> then);
  static void read_for_join(storage::message_log& log, const relay_address& relay_of_member,
                            room_does::read_for_join what);
  static void read_page_for_join(storage::message_log& log, const relay_address& relay_of_member,
                                 room_does::read_for_join what);
  std::function<void(to_room::command)> answer_to_me();

  services& around_;
  config::room_policy policy_;
  storage::message_log& log_;
  storage::term_t term_; ///< Of the shard, as long as this room lives.
  guardian_actor guardian_;
  relay_actor relay_;
  std::optional<room_core> core_; ///< Until the room ends.
  alarm alarm_;
  std::int64_t committing_since_us_ = 0; ///< 0 = the log has no run of this room.
  recent_times commits_;
  std::deque<to_room::command> inbox_; ///< What the log answered while a command was folded.
  bool folding_ = false;
  bool given_up_ = false;  ///< Another node may be the owner by now: nothing more is said or done.
  std::uint64_t tape_ = 0; ///< Number of this activation's tape; 0 when not recorded.
};

} // namespace troupe::actors
