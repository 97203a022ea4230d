#include "config/web_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

namespace troupe::config {

namespace {

constexpr std::size_t url_bytes_max = 2'048;

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

bool is_loopback_host(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1)
    return bytes[0] == 127;
  return host == "localhost" || host == "::1";
}

/// `name`, `name:port`, `[v6]` or `[v6]:port`, into `found`.
bool read_authority(std::string_view text, web_address& found) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos)
      return false;
    found.host = text.substr(1, end - 1);
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET6, found.host.c_str(), bytes.data()) != 1)
      return false;
    port = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    found.host = text.substr(0, colon);
    if (!is_host_name(found.host))
      return false;
    port = text.substr(colon);
  }
  found.loopback = is_loopback_host(found.host);
  if (port.empty())
    return true;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), found.port);
  return port.front() == ':' && error == std::errc{} && end == port.data() + port.size() && found.port != 0;
}

} // namespace

std::optional<web_address> parse_web_address(std::string_view url) {
  constexpr std::string_view secure = "https://", plain = "http://";
  web_address found;
  found.tls = url.starts_with(secure);
  found.port = found.tls ? 443 : 80;
  if ((!found.tls && !url.starts_with(plain)) || url.size() > url_bytes_max ||
      !std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; }))
    return std::nullopt;
  url.remove_prefix(found.tls ? secure.size() : plain.size());
  const auto target = std::min(url.find_first_of("/?"), url.size());
  if (!read_authority(url.substr(0, target), found))
    return std::nullopt;
  found.target = url.substr(target);
  if (!found.target.starts_with('/'))
    found.target.insert(0, 1, '/');
  return found;
}

} // namespace troupe::config
