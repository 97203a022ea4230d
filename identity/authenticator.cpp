#include "identity/authenticator.hpp"

#include "protocol/limits.hpp"

#include <utility>

namespace troupe::identity {

authenticator::authenticator(const config::auth_options& options, std::shared_ptr<current_keys> keys,
                             const digest_salt& salt)
  : salt_(salt), keys_(std::move(keys)), verifier_(rules_of(options), keys_), accepted_(options.cache_entries_max),
    refused_(options.refusal_cache_ms), revoked_(options.revocations_max) {}

std::optional<verdict> authenticator::recall(std::string_view token, time_ms now) {
  // Not worth a digest.
  if (token.empty() || token.size() > protocol::limits::token_bytes_max)
    return verdict{token.empty() ? refusal::not_three_parts : refusal::too_large};
  const auto digest = digest_of(token, salt_);
  const auto ring = keys_->ring();
  if (auto who = accepted_.find(digest, *ring, now))
    return judged(std::move(who), now);
  if (const auto why = refused_.find(digest, ring->generation(), now))
    return verdict{*why};
  return std::nullopt;
}

verdict authenticator::verify(std::string_view token, time_ms now) {
  const auto ring = keys_->ring();
  auto found = verifier_.verify(token, *ring, now);
  if (const auto* why = std::get_if<refusal>(&found)) {
    if (*why != refusal::too_large)
      refused_.remember(digest_of(token, salt_), *why, ring->generation(), now);
    if (*why == refusal::unknown_key && key_is_unknown_)
      key_is_unknown_();
    return *why;
  }
  auto& accepted = std::get<verified>(found);
  accepted_.remember(digest_of(token, salt_), accepted, *ring, now);
  return judged(std::move(accepted.who), now);
}

verdict authenticator::judged(std::shared_ptr<const claims> who, time_ms now) const {
  if (const auto why = objection(*who, now))
    return *why;
  return who;
}

std::optional<refusal> authenticator::objection(const claims& who, time_ms now) const {
  if (now >= who.expires + verifier_.rules().leeway_ms)
    return refusal::expired;
  if (revoked_.revoked(who))
    return refusal::revoked;
  return std::nullopt;
}

} // namespace troupe::identity
