// client/endpoint.hpp
//
// Where a node listens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::client {

struct endpoint {
  std::string host;
  std::string port;
  std::string path = "/ws";
  bool operator==(const endpoint&) const = default;
};

/// Reads `ws://host[:port][/path]`; `http://` is taken for `ws://`, the path defaults to
/// `/ws`, the port to 80. IPv6 addresses stand in brackets. Nothing for anything else.
std::optional<endpoint> parse_url(std::string_view url);

} // namespace troupe::client
