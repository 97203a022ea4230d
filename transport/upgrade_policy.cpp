#include "transport/upgrade_policy.hpp"

#include <algorithm>
#include <optional>

namespace troupe::transport {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool same(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct authority {
  std::string host; ///< Lower case; IPv6 in brackets.
  std::string port; ///< Empty when none was named.
};

/// Reads `host[:port]` and nothing else: no user, no path, no blank, nothing outside ASCII.
std::optional<authority> parse_authority(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  authority result;
  const auto lower_case = lowered(text);
  std::string_view rest{lower_case};
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    const auto inner = rest.substr(1, end - 1);
    if (inner.empty() || inner.find_first_not_of("0123456789abcdef:.") != std::string_view::npos)
      return std::nullopt;
    result.host = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
  } else {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto host = rest.substr(0, end);
    if (host.empty() || !std::all_of(host.begin(), host.end(), allowed))
      return std::nullopt;
    result.host = host;
    rest.remove_prefix(end);
  }
  if (rest.empty())
    return result;
  rest.remove_prefix(1);
  if (lower_case[lower_case.size() - rest.size() - 1] != ':' || rest.empty() || rest.size() > 5 ||
      rest.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  result.port = rest;
  return result;
}

struct parsed_origin {
  bool secure = false;
  authority where;
};

std::optional<parsed_origin> parse_origin(std::string_view text) {
  parsed_origin result;
  constexpr std::string_view plain = "http://", secure = "https://";
  if (same(text.substr(0, secure.size()), secure)) {
    result.secure = true;
    text.remove_prefix(secure.size());
  } else if (same(text.substr(0, plain.size()), plain)) {
    text.remove_prefix(plain.size());
  } else {
    return std::nullopt;
  }
  auto where = parse_authority(text);
  if (!where)
    return std::nullopt;
  result.where = *std::move(where);
  return result;
}

std::string_view port_of(const authority& where, bool secure) noexcept {
  return !where.port.empty() ? std::string_view{where.port} : secure ? "443" : "80";
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

origin_policy::origin_policy(std::vector<std::string> allowed) : allowed_{std::move(allowed)} {
  for (auto& entry : allowed_)
    entry = lowered(entry);
}

bool origin_policy::allows(std::string_view origin, std::string_view host) const {
  const auto from = parse_origin(origin);
  if (!from)
    return false;
  const auto port = port_of(from->where, from->secure);
  // Behind a proxy that ends TLS the Host has no port and the scheme is the proxy's, so only the origin's counts.
  if (const auto own = parse_authority(host))
    if (own->host == from->where.host && port_of(*own, from->secure) == port)
      return true;
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const std::string& entry) {
    if (const auto whole = parse_origin(entry))
      return whole->secure == from->secure && whole->where.host == from->where.host &&
             port_of(whole->where, whole->secure) == port;
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
