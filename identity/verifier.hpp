// identity/verifier.hpp
#pragma once

#include "config/options.hpp"
#include "identity/claims.hpp"
#include "identity/key_sources.hpp"
#include "identity/refusal.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::identity {

/// What a token has to say of itself.
struct token_rules {
  std::string issuer;
  std::string audience;
  time_ms leeway_ms = 0; ///< Clocks may differ by so much.
  time_ms life_ms = 0;   ///< From `iat` to `exp` at most.
};
token_rules rules_of(const config::auth_options& options);

/// A token that was accepted, and the key that signed it.
struct verified {
  std::shared_ptr<const claims> who;
  key_fingerprint by{};
};

/// Whose token is this, and does it hold now?
///
/// The form is judged first, then the signature, then the claims. The work is bounded by the length of a token: nothing is
/// fetched, nothing in a header but `alg` and `kid` has a meaning, and `kid` is only looked up among the keys. It keeps no
/// memory of tokens and knows of no revocation: `authenticator` adds both.
///
/// Threading: `verify` from any thread; about as long as a signature takes, so not on an I/O thread.
class verifier {
public:
  verifier(token_rules rules, std::shared_ptr<const current_keys> keys)
    : rules_(std::move(rules)), keys_(std::move(keys)) {}

  std::variant<verified, refusal> verify(std::string_view token, time_ms now) const {
    return verify(token, *keys_->ring(), now);
  }
  std::variant<verified, refusal> verify(std::string_view token, const key_ring& ring, time_ms now) const;

  const token_rules& rules() const noexcept { return rules_; }

private:
  token_rules rules_;
  std::shared_ptr<const current_keys> keys_;
};

} // namespace troupe::identity
