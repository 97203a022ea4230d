#include "transport/upgrade_policy.hpp"

#include "transport/authority.hpp"
#include "transport/letter_case.hpp"

#include <algorithm>
#include <optional>

namespace troupe::transport {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// 16 bytes in base64 are 22 characters and two of padding.
bool valid_key(std::string_view key) noexcept {
  const auto digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.begin() + 22, digit);
}

} // namespace

bool has_token(std::string_view list, std::string_view token, bool exactly) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    const auto item = trimmed(list.substr(0, end));
    if (exactly ? item == token : same(item, token))
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

origin_policy::origin_policy(std::vector<std::string> allowed, neighbours nodes)
  : allowed_{std::move(allowed)}, nodes_{std::move(nodes)} {
  for (auto& entry : allowed_)
    entry = lowered(entry);
}

bool origin_policy::allows(std::string_view origin, std::string_view host) const {
  const auto from = parse_origin(origin);
  if (!from)
    return false;
  const auto port = from->where.port_with(from->secure);
  // Behind a proxy that ends TLS the Host has no port and the scheme is the proxy's, so only the origin's counts.
  if (const auto own = parse_authority(host))
    if (own->host == from->where.host && own->port_with(from->secure) == port)
      return true;
  if (nodes_.include(origin, host))
    return true;
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const std::string& entry) {
    if (const auto whole = parse_origin(entry))
      return whole->secure == from->secure && whole->where.host == from->where.host &&
             whole->where.port_with(whole->secure) == port;
    const auto where = parse_authority(entry);
    return where && where->host == from->where.host && (where->port.empty() || where->port == port);
  });
}

upgrade_verdict judge_upgrade(const upgrade_request& request, const origin_policy& origins) {
  if (request.method != "GET")
    return {405, "Open the WebSocket with GET."};
  if (request.version != 11)
    return {400, "WebSockets need HTTP/1.1."};
  if (!parse_authority(request.host))
    return {400, "The Host header is missing or not a host."};
  if (!has_token(request.upgrade, "websocket") || !has_token(request.connection, "upgrade"))
    return {426, "This address speaks WebSocket: send Upgrade: websocket and Connection: upgrade."};
  if (request.socket_version != "13")
    return {426, "Use Sec-WebSocket-Version: 13."};
  if (!valid_key(request.key))
    return {400, "Sec-WebSocket-Key must be 16 bytes in base64."};
  if (request.has_origin && !origins.allows(request.origin, request.host))
    return {403, "This origin may not open connections; add its host to listen.origins."};
  if (!has_token(request.subprotocols, subprotocol, true))
    return {400, "Offer the subprotocol troupe.v1 in Sec-WebSocket-Protocol."};
  if (request.early_bytes)
    return {400, "Wait for the answer to the upgrade before sending frames."};
  return {};
}

} // namespace troupe::transport
