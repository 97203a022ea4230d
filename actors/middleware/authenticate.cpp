// authenticate: finds out who asks.
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"
#include "actors/services.hpp"
#include "identity/authenticator.hpp"
#include "protocol/names.hpp"
#include "protocol/request_form.hpp"

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
    if (what.from == endpoint::api)
      return name(what);
    if (what.who().user.empty())
      return unauthorized("say hello first");
    return pass{};
  }

private:
  static verdict name(passage& what) {
    if (what.named.empty())
      return unauthorized("name a user (auth.mode is open): \"user\" in the body, ?user= in a GET");
    if (!protocol::is_user(what.named))
      return refuse{refusal(code::bad_request, "a user is 1 to 64 of A-Z a-z 0-9 _ . @ -", retry::never)};
    what.found = known_user{what.named, nullptr};
    return pass{};
  }

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

/// Signed tokens only: `auth.mode = "token"`. A token is looked up in the cache; one that is not there is verified on
/// another thread while its request waits, so that a storm of logins does not hold up messages.
///
/// Answers: unauthorized, in the same words whatever is wrong with a token; overloaded when too many wait to be verified.
class verify final : public step {
public:
  static constexpr time_ms verified_within_ms = 5'000;

  explicit verify(services& around) : around_(around) {}

  verdict admit(passage& what) override {
    if (const auto* hello = std::get_if<protocol::client::hello>(&what.request)) {
      if (hello->token)
        return judge(*hello->token, what);
      return hello->resume ? resume(*hello->resume, what) : unauthorized("give a token");
    }
    if (const auto* refresh = std::get_if<protocol::client::refresh>(&what.request))
      return judge(refresh->token, what);
    if (what.from == endpoint::api)
      return what.bearer.empty() ? unauthorized("give a token: Authorization: Bearer …") : judge(what.bearer, what);
    const auto& claims = what.who().claims;
    if (!claims || tokens().objection(*claims, what.began))
      return unauthorized("your token does not hold any more: refresh it");
    return pass{};
  }

private:
  static refuse not_accepted() { return unauthorized(protocol::token_not_accepted); }

  verdict judge(const std::string& token, passage& what) {
    if (const auto known = tokens().recall(token, what.began))
      return take(*known, what);
    const bool begun = around_.elsewhere([&tokens = tokens(), token, now = what.began, go_on = what.resume_later()] {
      go_on([known = tokens.verify(token, now)](passage& waited) { return take(known, waited); });
    });
    if (!begun)
      return refuse{refusal(code::overloaded, "too many sign in at once: wait", retry::after, 1'000)};
    return wait{what.began + verified_within_ms};
  }

  /// A new token in a connection may not make somebody else of it.
  static verdict take(const identity::verdict& known, passage& what) {
    const auto* claims = std::get_if<std::shared_ptr<const identity::claims>>(&known);
    if (!claims || (what.what == verb::refresh && (*claims)->user != what.by.who.user))
      return not_accepted();
    what.found = known_user{(*claims)->user, *claims};
    return pass{};
  }

  verdict resume(const std::string& token, passage& what) {
    auto resumed = around_.tokens.read(token, what.began);
    if (!resumed || !resumed->claims || tokens().objection(*resumed->claims, what.began))
      return unauthorized("the resume token is not good any more: give a token");
    what.found = known_user{std::move(resumed->user), std::move(resumed->claims)};
    return pass{};
  }

  identity::authenticator& tokens() const { return *around_.tokens_of_users; }

  services& around_;
};

} // namespace

step_kind authenticate_step() {
  step_traits traits;
  traits.name = "authenticate";
  traits.purpose = "finds out who asks, at hello, refresh and each HTTP request; refuses who has no identity any more";
  traits.provides = {fact::identity};
  traits.state = scope::node;
  traits.price = cost::moderate;
  return {std::move(traits), [](const step_surroundings& around) -> std::unique_ptr<step> {
            if (around.node.tokens_of_users)
              return std::make_unique<verify>(around.node);
            return std::make_unique<believe>(around.node);
          }};
}

} // namespace troupe::actors
