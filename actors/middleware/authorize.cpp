// authorize: the role that a token brings into a room; the room has the last word.
#include "actors/authority.hpp"
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"
#include "identity/claims.hpp"
#include "protocol/names.hpp"

#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

/// Finds the role that a token grants by the pattern of the room's name, and turns away whom it bans. All else the
/// room decides (authority.hpp), which knows the roles that were given there and lets them go before the token's.
///
/// Needs: identity. Provides: role. Blocks: no. State: none.
/// Answers: unauthorized without an identity; forbidden, whether there is such a room or not.
class authorize final : public step {
public:
  verdict admit(passage& what) override {
    const auto& user = what.who().user;
    if (user.empty())
      return refuse{refusal(code::unauthorized, "say hello first", retry::reauth)};
    if (!what.room().empty())
      what.granted = what.who().granted_in(what.room());
    if (what.granted == protocol::role::banned && what.what != verb::leave)
      return refuse{refusal(code::forbidden, token_bans, retry::never)};
    return pass{};
  }
};

} // namespace

step_kind authorize_step() {
  step_traits traits;
  traits.name = "authorize";
  traits.purpose = "finds the role that a token brings, and turns away whom it bans";
  traits.needs = {fact::identity};
  traits.provides = {fact::role};
  traits.verbs = {verb::rooms,    verb::join,   verb::leave, verb::send,    verb::fetch,
                  verb::presence, verb::typing, verb::mark,  verb::moderate};
  return {std::move(traits), [](const step_surroundings&) { return std::make_unique<authorize>(); }};
}

} // namespace troupe::actors
