// identity/refusal.hpp
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <string_view>

namespace troupe::identity {

/// Why a token is not accepted. For the log and for `troupe token check` only: a client is told `unauthorized`, whatever
/// it was, so that nobody learns from the answer how far a forged token came.
enum class refusal : std::uint8_t {
  too_large,
  not_three_parts,
  not_canonical,
  bad_header,
  critical_header,
  unknown_key,
  wrong_algorithm,
  bad_signature,
  bad_claims,
  wrong_issuer,
  wrong_audience,
  bad_user,
  bad_roles,
  expired,
  not_yet_valid,
  issued_in_the_future,
  lives_too_long,
  revoked,
};
BOOST_DESCRIBE_ENUM(refusal, too_large, not_three_parts, not_canonical, bad_header, critical_header, unknown_key,
                    wrong_algorithm, bad_signature, bad_claims, wrong_issuer, wrong_audience, bad_user, bad_roles,
                    expired, not_yet_valid, issued_in_the_future, lives_too_long, revoked)

/// One line in words, without anything of the token.
std::string_view text_of(refusal why);

} // namespace troupe::identity
