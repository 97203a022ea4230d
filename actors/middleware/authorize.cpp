// authorize: refuses early what the caller's role does not allow; the room has the last word.
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"
#include "protocol/names.hpp"

#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

/// Lets nobody near a direct message but its two people.
///
/// Needs: identity. Provides: role. Answers: forbidden.
class authorize final : public step {
public:
  verdict admit(passage& what) override {
    const auto& user = what.who().user;
    if (user.empty())
      return refuse{refusal(code::unauthorized, "say hello first", retry::reauth)};
    return pass{};
  }
};

} // namespace

step_kind authorize_step(services&) {
  step_traits traits;
  traits.name = "authorize";
  traits.purpose = "refuses what the caller's role does not allow";
  traits.needs = {fact::identity};
  traits.provides = {fact::role};
  traits.verbs = {verb::rooms, verb::join,     verb::leave,  verb::send,
                  verb::fetch, verb::presence, verb::typing, verb::mark};
  return {std::move(traits), [](const step_surroundings&) { return std::make_unique<authorize>(); }};
}

} // namespace troupe::actors
