// identity/authenticator.hpp
#pragma once

#include "identity/refusal_cache.hpp"
#include "identity/revocations.hpp"
#include "identity/token_cache.hpp"
#include "identity/verifier.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe::identity {

/// Who is it, or why not. Claims are shared by all that show the same token.
using verdict = std::variant<std::shared_ptr<const claims>, refusal>;

/// The verifier with a memory, and with what was revoked.
///
///     if (auto known = tokens.recall(token, now)) use(*known);            // on an I/O thread
///     else somewhere_else([…] { use(tokens.verify(token, now)); });       // it costs a signature
///
/// Threading: all calls from any thread.
/// Errors:    a refusal. A client is told `unauthorized` whatever it is.
class authenticator {
public:
  authenticator(const config::auth_options& options, std::shared_ptr<current_keys> keys, const digest_salt& salt);

  /// What is known without verifying: cheap. Nothing when `verify` has to say.
  std::optional<verdict> recall(std::string_view token, time_ms now);

  /// Is told, on the thread that verifies, when a token names a key that is not there. Set before the first token comes.
  void when_key_is_unknown(std::function<void()> tell) { key_is_unknown_ = std::move(tell); }

  /// Verifies and remembers.
  verdict verify(std::string_view token, time_ms now);

  /// Why somebody who was let in has to go now: their token has expired, or was revoked.
  std::optional<refusal> objection(const claims& who, time_ms now) const;

  current_keys& keys() noexcept { return *keys_; }
  revocations& revoked() noexcept { return revoked_; }
  const token_cache& cache() const noexcept { return accepted_; }
  const refusal_cache& refusals() const noexcept { return refused_; }

private:
  verdict judged(std::shared_ptr<const claims> who, time_ms now) const;

  const digest_salt salt_;
  const std::shared_ptr<current_keys> keys_;
  const verifier verifier_;
  token_cache accepted_;
  refusal_cache refused_;
  revocations revoked_;
  std::function<void()> key_is_unknown_;
};

} // namespace troupe::identity
