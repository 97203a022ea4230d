// actors/user.hpp
#pragma once

#include "actors/services.hpp"
#include "actors/unit_actor.hpp"
#include "actors/user_core.hpp"

#include <string>

namespace troupe::actors {

/// USER: the shell around user_core. Not in the way of a message.
class user final : public unit_actor<user_actor> {
public:
  user(caf::actor_config& config, actor_unit& unit, services& around, std::string name, guardian_actor guardian);

  const char* name() const override { return "troupe.user"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void carry_out(user_does::tell& what);
  void carry_out(user_does::read_inbox& what);
  void carry_out(user_does::rest& what);

  services& around_;
  guardian_actor guardian_;
  user_core core_;
  std::uint64_t taken_ = 0;
};

} // namespace troupe::actors
