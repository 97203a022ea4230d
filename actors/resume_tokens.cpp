#include "actors/resume_tokens.hpp"

#include "protocol/chain.hpp"
#include "protocol/described.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <charconv>
#include <span>
#include <vector>

namespace troupe::actors {

// `<expiry in hex>.<session>.<user>[|<facts of a token>].<signature in hex>`; a user may hold dots, but no `|`.
// Facts: `<jti in hex>~<issued in hex>~<expires in hex>` and `~<pattern>=<role>` for each role.

namespace {

void append_number(std::string& to, std::int64_t value) {
  char digits[20];
  to.append(digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr);
}

bool read_number(std::string_view text, std::int64_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, 16);
  return error == std::errc{} && end == text.data() + text.size();
}

void append_facts(std::string& to, const identity::claims& who) {
  constexpr auto digits = "0123456789abcdef";
  for (const unsigned char c : who.id)
    to.append(1, digits[c >> 4]).append(1, digits[c & 15]);
  to += '~';
  append_number(to, who.issued);
  to += '~';
  append_number(to, who.expires);
  for (const auto& grant : who.roles)
    to.append(1, '~').append(grant.pattern).append(1, '=').append(protocol::name_of(grant.role));
}

/// The text was signed by us.
std::shared_ptr<const identity::claims> read_facts(std::string_view text, std::string user) {
  auto who = std::make_shared<identity::claims>();
  who->user = std::move(user);
  const auto next = [&] {
    const auto end = text.find('~');
    const auto part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return part;
  };
  const auto id = next();
  for (std::size_t i = 0; i + 1 < id.size(); i += 2) {
    std::int64_t byte = 0;
    read_number(id.substr(i, 2), byte);
    who->id.push_back(static_cast<char>(byte));
  }
  if (!read_number(next(), who->issued) || !read_number(next(), who->expires))
    return nullptr;
  while (!text.empty()) {
    const auto grant = next();
    const auto equals = grant.rfind('=');
    const auto role = equals == std::string_view::npos ? std::nullopt : identity::role_named(grant.substr(equals + 1));
    const auto pattern = config::route_pattern::parse(grant.substr(0, equals), config::route_form::room);
    if (!role || !std::holds_alternative<config::route_pattern>(pattern))
      return nullptr;
    who->roles_by_room.add(std::get<config::route_pattern>(pattern),
                           static_cast<config::route_trie::route_index>(who->roles.size()));
    who->roles.push_back({std::string{grant.substr(0, equals)}, *role});
  }
  return who;
}

} // namespace

std::string resume_tokens::sign(std::string_view payload) const {
  std::array<std::uint8_t, 32> mac{};
  unsigned length = mac.size();
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), mac.data(), &length);
  return protocol::to_hex(mac);
}

std::string resume_tokens::make(const resumed_session& what, protocol::time_ms now) const {
  std::string token;
  append_number(token, now + lifetime_ms_);
  token.append(1, '.').append(what.session).append(1, '.').append(what.user);
  if (what.claims) {
    token += '|';
    append_facts(token, *what.claims);
  }
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
  if (user_at == std::string_view::npos || !read_number(payload.substr(0, session_at), expiry) || expiry < now)
    return std::nullopt;
  const auto rest = payload.substr(user_at + 1);
  const auto facts_at = rest.find('|');
  resumed_session found{std::string{rest.substr(0, facts_at)},
                        std::string{payload.substr(session_at + 1, user_at - session_at - 1)}, nullptr};
  if (facts_at != std::string_view::npos) {
    found.claims = read_facts(rest.substr(facts_at + 1), found.user);
    if (!found.claims)
      return std::nullopt;
  }
  return found;
}

} // namespace troupe::actors
