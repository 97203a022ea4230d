#include "identity/claims.hpp"

#include "identity/json.hpp"
#include "protocol/described.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <cmath>
#include <utility>

namespace troupe::identity {

namespace {

/// The end of the year 9999: far enough, and far from the end of any of our integers.
constexpr std::int64_t second_max = 253'402'300'799;

/// Seconds since 1970, perhaps with a fraction, in milliseconds.
std::optional<time_ms> time_of(const json_t* value) {
  if (json_is_integer(value)) {
    const auto seconds = json_integer_value(value);
    return seconds >= 0 && seconds <= second_max ? std::optional{seconds * 1'000} : std::nullopt;
  }
  if (json_is_real(value)) {
    const auto seconds = json_real_value(value);
    return seconds >= 0 && seconds <= static_cast<double>(second_max)
             ? std::optional{static_cast<time_ms>(std::floor(seconds * 1'000))}
             : std::nullopt;
  }
  return std::nullopt;
}

enum class named : std::uint8_t { yes, no, malformed };

named names_audience(const json_t* aud, std::string_view wanted) {
  const auto is_wanted = [&](const json_t* one) {
    return std::string_view{json_string_value(one), json_string_length(one)} == wanted;
  };
  if (json_is_string(aud))
    return is_wanted(aud) ? named::yes : named::no;
  if (!json_is_array(aud))
    return named::malformed;
  bool found = false;
  for (std::size_t i = 0; i < json_array_size(aud); ++i) {
    const auto* one = json_array_get(aud, i);
    if (!json_is_string(one))
      return named::malformed;
    found |= is_wanted(one);
  }
  return found ? named::yes : named::no;
}

/// False when the claim cannot be understood.
bool read_roles(const json_t* claim, claims& into) {
  if (claim == nullptr)
    return true;
  const auto* list = json_object_get(claim, "roles");
  if (!json_is_object(claim) || (list != nullptr && !json_is_array(list)) || json_array_size(list) > role_grants_max)
    return false;
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const auto* one = json_array_get(list, i);
    const auto pattern = text_of(one, "room");
    const auto name = text_of(one, "role");
    if (!pattern || !name || pattern->size() > protocol::limits::room_bytes_max)
      return false;
    const auto rooms = config::route_pattern::parse(*pattern, config::route_form::room);
    const auto role = role_named(*name);
    if (!role || !std::holds_alternative<config::route_pattern>(rooms))
      return false;
    into.roles_by_room.add(std::get<config::route_pattern>(rooms),
                           static_cast<config::route_trie::route_index>(into.roles.size()));
    into.roles.push_back({std::string{*pattern}, *role});
  }
  return true;
}

} // namespace

std::optional<protocol::role> role_named(std::string_view name) {
  const auto role = protocol::enum_from<protocol::role>(name);
  return role == protocol::role::none ? std::nullopt : role;
}

std::optional<protocol::role> role_in(const claims& who, std::string_view room) {
  config::route_trie::values variables;
  const auto found = who.roles_by_room.find(room, variables);
  return found ? std::optional{who.roles[*found].role} : std::nullopt;
}

std::variant<claims, refusal> read_claims(std::string_view json, std::string_view issuer, std::string_view audience) {
  const auto whole = parse_object(json);
  if (!whole)
    return refusal::bad_claims;
  const auto iss = text_of(whole.get(), "iss");
  const auto sub = text_of(whole.get(), "sub");
  const auto iat = time_of(json_object_get(whole.get(), "iat"));
  const auto exp = time_of(json_object_get(whole.get(), "exp"));
  const auto* aud = json_object_get(whole.get(), "aud");
  const auto* nbf = json_object_get(whole.get(), "nbf");
  const auto* jti = json_object_get(whole.get(), "jti");
  const auto here = names_audience(aud, audience);
  if (!iss || !sub || !iat || !exp || here == named::malformed || (nbf != nullptr && !time_of(nbf)) ||
      (jti != nullptr && (!json_is_string(jti) || json_string_length(jti) > token_id_bytes_max)))
    return refusal::bad_claims;
  if (*iss != issuer)
    return refusal::wrong_issuer;
  if (here != named::yes)
    return refusal::wrong_audience;
  if (!protocol::is_user(*sub))
    return refusal::bad_user;
  claims who;
  who.user = *sub;
  who.issuer = issuer;
  who.audience = audience;
  who.issued = *iat;
  who.expires = *exp;
  who.not_before = time_of(nbf);
  if (jti != nullptr)
    who.id = json_string_value(jti);
  if (!read_roles(json_object_get(whole.get(), "troupe"), who))
    return refusal::bad_roles;
  return who;
}

} // namespace troupe::identity
