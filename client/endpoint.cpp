#include "client/endpoint.hpp"

#include <algorithm>

namespace troupe::client {

std::optional<endpoint> parse_url(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme == std::string_view::npos)
    return std::nullopt;
  else if (const auto name = url.substr(0, scheme); name == "ws" || name == "http")
    url.remove_prefix(scheme + 3);
  else
    return std::nullopt;
  endpoint found;
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    if (url.size() > slash + 1)
      found.path = url.substr(slash);
    url = url.substr(0, slash);
  }
  std::string_view port;
  if (url.starts_with('[')) {
    const auto end = url.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    found.host = url.substr(1, end - 1);
    port = url.substr(end + 1);
  } else {
    const auto colon = url.find(':');
    found.host = url.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : url.substr(colon);
  }
  if (port.empty()) {
    found.port = "80";
  } else {
    port.remove_prefix(1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), digit))
      return std::nullopt;
    found.port = port;
  }
  if (found.host.empty())
    return std::nullopt;
  return found;
}

} // namespace troupe::client
