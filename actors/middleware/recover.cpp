// recover: what callers hear when a step inside it has failed.
#include "actors/middleware/built_in.hpp"
#include "actors/middleware/chains.hpp"
#include "actors/services.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;

/// Keeps the failures of the steps inside it for reports, and gives callers a calm error: without the name of the step,
/// with a time to come back that differs from caller to caller. What is to be done about it stays the same.
///
/// Needs: nothing. Provides: nothing. Blocks: no. State: the last failures, on the node. Answers: what the failed step
/// would have answered, in other words. Of several around a step the innermost one speaks, and keeps the failure.
class recover final : public step {
public:
  recover(services& around, const config::recover_options& rules) : around_(around), rules_(rules) {}

  verdict admit(passage&) override { return pass{}; }

  void mend(const passage&, std::string_view, protocol::server::error& why) override {
    around_.counters.step_recoveries.fetch_add(1, std::memory_order_relaxed);
    why.message = why.code == code::overloaded ? "this is out of order for a moment: wait"
                                               : "this went wrong here, not with you: try again";
    why.after_ms = why.after_ms.value_or(rules_.after_ms) + jitter_ms();
  }

  void settle(const passage& what, const outcome& how) override {
    if (how.failed_step.empty() || how.failure_kept)
      return;
    around_.failures.put({around_.now(), std::string{how.failed_step}, std::string{name_of(what.what)},
                          std::string{what.room()}, what.who().user},
                         rules_.failures_max);
  }

private:
  std::uint32_t jitter_ms() {
    unsigned char random[4];
    around_.draw(random, sizeof random);
    std::uint32_t number = 0;
    std::memcpy(&number, random, sizeof number);
    return number % (rules_.after_ms + 1);
  }

  services& around_;
  config::recover_options rules_;
};

} // namespace

step_kind recover_step() {
  step_traits traits;
  traits.name = "recover";
  traits.purpose = "calms the errors of steps inside it that fail, and keeps them for reports";
  traits.state = scope::node;
  traits.settles = true;
  traits.fails = false;
  traits.recovers = true;
  return {std::move(traits),
          [](const step_surroundings& here) { return std::make_unique<recover>(here.node, here.options.recover); }};
}

} // namespace troupe::actors
