#include "identity/verifier.hpp"

#include "identity/json.hpp"
#include "protocol/limits.hpp"

#include <array>
#include <optional>

namespace troupe::identity {

namespace {

constexpr std::size_t parts = 3;

/// Header, claims and signature as they stand. Nothing when there are not exactly two dots.
std::optional<std::array<std::string_view, parts>> split(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

/// The key that the header asks for, by its name or by being the only one; but only with the algorithm that the KEY has.
std::variant<const jose_key*, refusal> key_for(std::string_view header, const key_ring& ring) {
  const auto fields = parse_object(header);
  if (!fields)
    return refusal::bad_header;
  if (json_object_get(fields.get(), "crit") != nullptr)
    return refusal::critical_header;
  const auto alg = text_of(fields.get(), "alg");
  const auto* kid = json_object_get(fields.get(), "kid");
  if (!alg || (kid != nullptr && !json_is_string(kid)))
    return refusal::bad_header;
  const auto wanted = algorithm_named(*alg);
  if (!wanted)
    return refusal::wrong_algorithm;
  const auto* key = kid ? ring.find({json_string_value(kid), json_string_length(kid)}) : ring.only_one(*wanted);
  if (key == nullptr)
    return refusal::unknown_key;
  if (key->signs_by() != *wanted)
    return refusal::wrong_algorithm;
  return key;
}

std::optional<refusal> objection_to_times(const claims& who, const token_rules& rules, time_ms now) {
  if (now >= who.expires + rules.leeway_ms)
    return refusal::expired;
  if (who.not_before && now < *who.not_before - rules.leeway_ms)
    return refusal::not_yet_valid;
  if (now < who.issued - rules.leeway_ms)
    return refusal::issued_in_the_future;
  if (who.expires - who.issued > rules.life_ms)
    return refusal::lives_too_long;
  return std::nullopt;
}

} // namespace

token_rules rules_of(const config::auth_options& options) {
  return {options.issuer, options.audience, time_ms{options.leeway_s} * 1'000, time_ms{options.token_life_s} * 1'000};
}

std::variant<verified, refusal> verifier::verify(std::string_view token, const key_ring& ring, time_ms now) const {
  if (token.size() > protocol::limits::token_bytes_max)
    return refusal::too_large;
  const auto split_token = split(token);
  if (!split_token)
    return refusal::not_three_parts;
  const auto& [header_text, claims_text, signature_text] = *split_token;
  const auto header = canonical_base64url(header_text);
  const auto signature = canonical_base64url(signature_text);
  if (!header || !signature || !canonical_base64url(claims_text))
    return refusal::not_canonical;
  const auto asked = key_for(*header, ring);
  if (const auto* why = std::get_if<refusal>(&asked))
    return *why;
  const auto& key = *std::get<const jose_key*>(asked);
  if (signature->size() != key.signature_bytes())
    return refusal::bad_signature;
  const auto payload = verified_payload(token, key);
  if (!payload)
    return refusal::bad_signature;
  auto read = read_claims(*payload, rules_.issuer, rules_.audience);
  if (const auto* why = std::get_if<refusal>(&read))
    return *why;
  auto who = std::make_shared<const claims>(std::get<claims>(std::move(read)));
  if (const auto why = objection_to_times(*who, rules_, now))
    return *why;
  return verified{std::move(who), key.fingerprint()};
}

} // namespace troupe::identity
