// actors/middleware/step_supervisor.hpp
#pragma once

#include "actors/alarm.hpp"
#include "actors/middleware/step.hpp"
#include "actors/middleware/step_cost.hpp"
#include "actors/middleware/thread_watch.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <any>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// STEP: one place in the chains of an I/O thread. It wraps a step and, through the request it passes on, all that
/// come after.
///
/// Ordering:    requests leave in the order in which they came, but for those that wait.
/// Inline:      a request is taken by a direct call on the thread; only when the step is being run already, or
///              others are in its mailbox, it takes the mailbox as well.
/// Supervision: what the step throws refuses the one request. The step is made anew, `crashes_max` times within
///              `crash_window_s`; then everything is refused for `open_ms`, with a time to come back, and after that
///              a new step gets one more chance.
/// State:       `memory` of the step is kept here, so that a crash does not reset a limit.
class step_supervisor final : public unit_actor<step_actor>, public chain_post {
public:
  step_supervisor(caf::actor_config& config, actor_unit& unit, services& around, std::size_t io_thread,
                  const step_kind& kind, std::shared_ptr<const config::options> options);

  /// The step is made anew, with what it remembers.
  void renew(std::shared_ptr<const config::options> options);

  const char* name() const override { return "troupe.step"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // -- chain_post ---------------------------------------------------------------------
  void take(passage_ptr what) override;
  void settle(passage& what, outcome& how) override;
  bool mend(passage& what, std::string_view failed, protocol::server::error& why) override;
  void forget(passage& what) override;
  later resume_later(const passage& what) override;

  /// Takes it by its mailbox, whatever it does just now.
  void queue(passage_ptr what);

  const step_traits& traits() const noexcept { return kind_.traits; }
  const step_cost& cost() const noexcept { return cost_; }
  std::uint64_t crashes() const noexcept { return crashes_in_all_; }

private:
  struct waiting_passage {
    std::uint64_t ticket = 0;
    time_ms until = 0;
    passage_ptr what;
    bool then_pass = false;
  };

  void admit(passage_ptr what);
  std::optional<verdict> ask(passage& what);
  template <class F>
  std::optional<verdict> guarded(passage& what, F&& f);
  template <class F>
  void go_beyond(passage& what, F&& f);
  void carry_out(const passage_ptr& what, std::optional<verdict> how);
  void resume(std::uint64_t ticket, const decision& how);
  void expire();
  void await(const passage_ptr& what, const wait& how);
  void fail(passage& what, protocol::code code, std::string_view did, protocol::retry next,
            std::optional<std::uint32_t> after_ms = {});
  void crashed(const passage* what, std::string_view why);
  std::optional<std::uint32_t> out_of_order_ms();
  void make_step();
  void has_run();

  services& around_;
  std::size_t io_thread_;
  step_kind kind_;
  std::shared_ptr<const config::options> options_;
  std::any memory_;
  std::unique_ptr<step> step_;
  bool running_ = false;
  bool spoiled_ = false; ///< Failed at another request while it runs: made anew when it has come back.
  std::uint32_t in_mailbox_ = 0;
  std::uint64_t tickets_ = 0;
  std::vector<waiting_passage> waiting_;
  alarm alarm_;
  std::deque<time_ms> crashes_;
  time_ms open_until_ = 0; ///< Refuses until then.
  bool on_probation_ = false;
  std::uint64_t crashes_in_all_ = 0;
  step_cost cost_;
};

} // namespace troupe::actors
