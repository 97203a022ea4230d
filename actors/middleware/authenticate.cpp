// authenticate: finds out who asks.
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"
#include "actors/services.hpp"
#include "protocol/names.hpp"

#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

refuse unauthorized(std::string message) { return {refusal(code::unauthorized, std::move(message), retry::reauth)}; }

/// Whoever names a user is that user: `auth.mode = "open"`.
///
/// Answers: unauthorized, when there is no user, or none that can be one.
class believe final : public step {
public:
  explicit believe(services& around) : around_(around) {}

  verdict admit(passage& what) override {
    if (const auto* hello = std::get_if<protocol::client::hello>(&what.request))
      return greet(*hello, what);
    if (what.what == verb::refresh)
      return refuse{refusal(code::bad_request, "this server takes no tokens (auth.mode is open): nothing to refresh",
                            retry::never)};
    if (what.who().user.empty())
      return unauthorized("say hello first");
    return pass{};
  }

private:
  verdict greet(const protocol::client::hello& hello, passage& what) {
    if (hello.token)
      return unauthorized("this server takes no tokens (auth.mode is open): give a user");
    if (hello.user) {
      if (!protocol::is_user(*hello.user))
        return unauthorized("a user is 1 to 64 of A-Z a-z 0-9 _ . @ -");
      what.found = known_user{*hello.user, nullptr};
      return pass{};
    }
    if (!hello.resume)
      return unauthorized("give a user: 1 to 64 of A-Z a-z 0-9 _ . @ -");
    auto resumed = around_.tokens.read(*hello.resume, what.began);
    if (!resumed)
      return unauthorized("the resume token is not good any more: give a user");
    what.found = known_user{std::move(resumed->user), nullptr};
    return pass{};
  }

  services& around_;
};

} // namespace

step_kind authenticate_step(services& around) {
  step_traits traits;
  traits.name = "authenticate";
  traits.purpose = "finds out who asks, at hello, refresh and each HTTP request; refuses who has no identity any more";
  traits.provides = {fact::identity};
  traits.state = scope::node;
  traits.price = cost::moderate;
  return {std::move(traits), [&around](const step_surroundings&) { return std::make_unique<believe>(around); }};
}

} // namespace troupe::actors
