#include "actors/resume_tokens.hpp"

#include "protocol/chain.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <charconv>
#include <span>
#include <vector>

namespace troupe::actors {

// `<expiry in hex>.<session>.<user>.<signature in hex>`; a user may hold dots, the others never do.

std::string resume_tokens::sign(std::string_view payload) const {
  std::array<std::uint8_t, 32> mac{};
  unsigned length = mac.size();
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), mac.data(), &length);
  return protocol::to_hex(mac);
}

std::string resume_tokens::make(const resumed_session& what, protocol::time_ms now) const {
  char expiry[20];
  const auto end = std::to_chars(expiry, expiry + sizeof expiry, now + lifetime_ms_, 16).ptr;
  std::string token(expiry, end);
  token.append(1, '.').append(what.session).append(1, '.').append(what.user);
  return token + '.' + sign(token);
}

std::optional<resumed_session> resume_tokens::read(std::string_view token, protocol::time_ms now) const {
  const auto signature_at = token.rfind('.');
  if (signature_at == std::string_view::npos)
    return std::nullopt;
  const auto payload = token.substr(0, signature_at);
  const auto signature = token.substr(signature_at + 1);
  const auto expected = sign(payload);
  if (signature.size() != expected.size() || CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) != 0)
    return std::nullopt;
  const auto session_at = payload.find('.');
  const auto user_at = session_at == std::string_view::npos ? session_at : payload.find('.', session_at + 1);
  protocol::time_ms expiry = 0;
  if (user_at == std::string_view::npos ||
      std::from_chars(payload.data(), payload.data() + session_at, expiry, 16).ec != std::errc{} || expiry < now)
    return std::nullopt;
  return resumed_session{std::string{payload.substr(user_at + 1)},
                         std::string{payload.substr(session_at + 1, user_at - session_at - 1)}};
}

} // namespace troupe::actors
