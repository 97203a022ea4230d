// config/web_address.hpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

/// Where something is fetched from.
struct web_address {
  bool tls = true;
  std::string host; ///< A name or an IP address, without brackets.
  std::uint16_t port = 443;
  std::string target;    ///< Path and query, at least "/".
  bool loopback = false; ///< The host is a loopback address, or `localhost`.
};

/// Reads `https://host[:port][/path][?query]`, and the same with http. Nothing for anything else: neither a user nor a
/// fragment is understood.
std::optional<web_address> parse_web_address(std::string_view url);

} // namespace troupe::config
