// transport/authority.hpp
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::transport {

/// `host[:port]`, as in a Host header or behind the scheme of an origin.
struct authority {
  std::string host; ///< Lower case; IPv6 in brackets.
  std::string port; ///< Empty when none was named.

  /// The port that is meant: a scheme has one of its own.
  std::string_view port_with(bool secure) const noexcept {
    return !port.empty() ? std::string_view{port} : secure ? "443" : "80";
  }
};

/// Reads `host[:port]` and nothing else: no user, no path, no blank, nothing outside ASCII. So what was read may stand
/// in a header again.
std::optional<authority> parse_authority(std::string_view text);

/// An origin, as browsers tell it.
struct web_origin {
  bool secure = false;
  authority where;
};

/// Reads `http://host[:port]` and the same with https. Nothing for anything else, also for `null`.
std::optional<web_origin> parse_origin(std::string_view text);

} // namespace troupe::transport
