// authorize: refuses early what the caller's role does not allow; the room has the last word.
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"
#include "identity/claims.hpp"
#include "protocol/names.hpp"

#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

/// What each role may do; whatever is not here is not allowed.
bool allows(identity::room_role role, verb what) {
  using identity::room_role;
  switch (role) {
  case room_role::owner:
  case room_role::moderator:
  case room_role::member: return true;
  case room_role::reader:
    return what == verb::join || what == verb::leave || what == verb::fetch || what == verb::presence ||
           what == verb::mark;
  case room_role::banned: return what == verb::leave;
  }
  return false;
}

/// Goes by the roles that a token grants by the pattern of the room's name. Where it says nothing the room decides,
/// which knows the roles that were given there.
///
/// Needs: identity. Provides: role. Blocks: no. State: none.
/// Answers: unauthorized without an identity; forbidden, in the words of a room that does not exist.
class authorize final : public step {
public:
  verdict admit(passage& what) override {
    const auto& user = what.who().user;
    if (user.empty())
      return refuse{refusal(code::unauthorized, "say hello first", retry::reauth)};
    if (const auto& claims = what.who().claims; claims && !what.room().empty()) {
      what.granted = identity::role_in(*claims, what.room());
      if (what.granted && !allows(*what.granted, what.what))
        return refuse{
          refusal(code::forbidden, "you may not do this here: ask somebody who runs the room", retry::never)};
    }
    return pass{};
  }
};

} // namespace

step_kind authorize_step() {
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
