// actors/fanout.hpp
#pragma once

#include "actors/fanout_table.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

namespace troupe::actors {

/// FANOUT: the mailbox in front of its thread's fanout_table.
class fanout final : public unit_actor<fanout_actor> {
public:
  fanout(caf::actor_config& config, actor_unit& unit, services& around, fanout_table& table);

  const char* name() const override { return "troupe.fanout"; }
  behavior_type make_behavior() override;

private:
  void deliver(const delivery& batch);
  void drain(std::uint32_t within_ms);
  void report(const survey_room& what) const;

  services& around_;
  fanout_table& table_;
  bool acked_ = false;     ///< The batch before held acks, and has left by now.
  bool delivered_ = false; ///< There was a batch before.
};

} // namespace troupe::actors
