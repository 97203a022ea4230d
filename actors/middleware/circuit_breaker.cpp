// circuit_breaker: when most requests of a route fail, the rest is not even tried for a while.
#include "actors/middleware/breaker.hpp"
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"
#include "actors/services.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

/// The server's fault, not the caller's. A join is refused with `overloaded` when its caller or its room is full, which
/// says nothing about others.
bool is_failure(const passage& what, const outcome& how) {
  if (how.how == outcome::kind::unknown)
    return true;
  if (how.how != outcome::kind::refused || !how.why)
    return false;
  switch (*how.why) {
  case code::store_unavailable:
  case code::timeout:
  case code::internal: return true;
  case code::overloaded: return what.what != verb::join;
  default: return false;
  }
}

/// Stops a flood of requests that would fail anyway, so that callers learn so at once and what fails can recover.
///
/// Needs: nothing. Provides: nothing. Blocks: no. State: one breaker per place in the chains and I/O thread, for all
/// rooms of the route together; it outlives the step. Answers: overloaded with `after_ms`.
class circuit_breaker final : public step {
public:
  circuit_breaker(services& around, const config::circuit_breaker_options& rules, std::shared_ptr<breaker> state)
    : around_(around), open_ms_(rules.open_ms), state_(std::move(state)) {
    state_->set_rules(rules);
  }

  verdict admit(passage& what) override {
    if (const auto wait_ms = state_->admit(&what, around_.now()))
      return refuse{refusal(code::overloaded, "too much of this has failed just now: wait", retry::after, wait_ms)};
    return pass{};
  }

  void settle(const passage& what, const outcome& how) override {
    const auto result = is_failure(what, how)            ? breaker::result::failed
                        : how.how == outcome::kind::gone ? breaker::result::unclear
                                                         : breaker::result::served;
    if (!state_->ended(&what, what.began, result, around_.now()))
      return;
    around_.counters.breaker_opened.fetch_add(1, std::memory_order_relaxed);
    around_.warn("circuit_breaker: too many requests failed, the last for room " + std::string{what.room()} +
                 "; further ones are refused for " + std::to_string(open_ms_) + " ms");
  }

private:
  services& around_;
  std::int64_t open_ms_;
  std::shared_ptr<breaker> state_;
};

} // namespace

step_kind circuit_breaker_step() {
  step_traits traits;
  traits.name = "circuit_breaker";
  traits.purpose = "refuses what most likely fails: opens when most requests of a route ended badly, then tries a few";
  traits.verbs = {verb::rooms, verb::join, verb::send, verb::fetch, verb::presence};
  traits.state = scope::io_thread;
  traits.settles = true;
  return {std::move(traits), [](const step_surroundings& here) {
            return std::make_unique<circuit_breaker>(here.node, here.options.circuit_breaker, here.remember<breaker>());
          }};
}

} // namespace troupe::actors
