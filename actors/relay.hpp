// actors/relay.hpp
#pragma once

#include "actors/alarm.hpp"
#include "actors/delivery.hpp"
#include "actors/relay_core.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// RELAY: the shell around relay_core. It encodes each message once and hands one batch to
/// each I/O thread that has members or waiting senders.
class relay final : public unit_actor<relay_actor> {
public:
  relay(caf::actor_config& config, actor_unit& unit, services& around, std::string room, guardian_actor guardian);

  const char* name() const override { return "troupe.relay"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void take(to_relay::command what);
  void time_absence(const to_relay::command& what);

  void carry_out(relay_does::tell_room& what);
  void carry_out(relay_does::deliver& what);
  void carry_out(relay_does::spread& what);
  void carry_out(relay_does::reply& what);
  void carry_out(relay_does::restart&);
  void carry_out(relay_does::wake_at& what);
  void carry_out(relay_does::retire& what);

  /// `also` hears it whether it has members or not.
  void flush(std::optional<std::size_t> also = {});
  void report(const survey_room& what) const;

  services& around_;
  guardian_actor guardian_;
  room_actor room_;
  relay_core core_;
  alarm alarm_;
  std::vector<delivery_item> batch_; ///< Of this turn …
  std::int64_t heard_us_ = 0;        ///< … and when the news that made it came; 0 = it is not of the room's news.
  std::uint64_t taken_ = 0;          ///< Commands that came from the guardian.
  std::optional<std::chrono::steady_clock::time_point> away_since_; ///< The room is gone, and not back yet.
};

} // namespace troupe::actors
