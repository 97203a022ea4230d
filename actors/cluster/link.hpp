// actors/cluster/link.hpp
#pragma once

#include "actors/alarm.hpp"
#include "actors/cluster/link_core.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors {

/// LINK: the shell around link_core, to one start of one other node. Byte strings go to the link
/// at the other end and come from it by CAF's own handles; what is in them goes to the
/// guardians of the threads where the rooms live.
///
/// Ordering: what is sent here by one actor arrives there in that order, or not at all: after a
///           loss the link starts anew, and the guardians at both ends hear of it in between.
/// Overload: see link_core. A submit, or a question, that finds no space is refused to who asked, and so is who asked for
///           an answer that finds none. Pages of history have their turns.
class link final : public unit_actor<link_actor> {
public:
  link(caf::actor_config& config, actor_unit& unit, services& around, storage::incarnation_t self, std::string node,
       storage::incarnation_t incarnation, mesh_actor mesh);

  const char* name() const override { return "troupe.link"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void open(const link_opened& what);
  void lose_peer();
  void take(const to_link::input& what);

  void carry_out(link_does::transmit& what);
  void carry_out(link_does::deliver& what);
  void carry_out(link_does::up& what);
  void carry_out(link_does::down& what);
  void carry_out(link_does::reset& what);
  void carry_out(link_does::refused& what);
  void carry_out(link_does::wake_at& what);

  void hand_over(for_room& what);
  void hand_over(for_relay& what);
  void hand_over(for_users& what);
  void hand_over(look& what);

  void report(const survey_links& what) const;
  void tell_guardians(const caf::strong_actor_ptr& self);
  void turn_away(const for_room& what);
  void turn_away(const for_relay& what);
  const guardian_actor& guardian_of(std::string_view name) const { return around_.guardians[around_.unit_of(name)]; }

  services& around_;
  std::string node_;
  storage::incarnation_t incarnation_;
  mesh_actor mesh_;
  link_actor peer_; ///< Null while there is no session.
  std::uint64_t session_ = 0;
  bool awaits_caller_ = false; ///< The session begins with the peer's first envelope.
  link_core core_;
  std::shared_ptr<page_turns> pages_;
  alarm alarm_;
};

} // namespace troupe::actors
