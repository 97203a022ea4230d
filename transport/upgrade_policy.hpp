// transport/upgrade_policy.hpp
//
// Whether a request may become a WebSocket, decided on its header alone.
#pragma once

#include "transport/neighbours.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::transport {

/// The subprotocol clients have to offer.
inline constexpr std::string_view subprotocol = "troupe.v1";

/// The header fields that matter to an upgrade. A field that stood there more than once is
/// joined with ", ", as HTTP says for lists; for `origin` and `host` that makes it invalid.
struct upgrade_request {
  std::string_view method;
  unsigned version = 11; ///< 10 × major + minor.
  std::string_view host;
  std::string_view connection;
  std::string_view upgrade;
  std::string_view key;            ///< Sec-WebSocket-Key
  std::string_view socket_version; ///< Sec-WebSocket-Version
  std::string_view subprotocols;   ///< Sec-WebSocket-Protocol
  std::string_view origin;
  bool has_origin = false;
  bool early_bytes = false; ///< Something was sent after the header, before the answer.
};

/// An HTTP status with a sentence for whoever debugs the client. 101 = go on.
struct upgrade_verdict {
  unsigned status = 101;
  std::string_view message;
};

/// Origins that may open a WebSocket: the server's own host, the pages of its cluster's other nodes, and a list.
///
/// An entry is a host (`chat.example.org`, every port and scheme), a host with a port, or a whole
/// origin (`https://chat.example.org`). Nothing matches by suffix, prefix or pattern.
class origin_policy {
public:
  explicit origin_policy(std::vector<std::string> allowed, neighbours nodes = {});

  bool allows(std::string_view origin, std::string_view host) const;

private:
  std::vector<std::string> allowed_;
  neighbours nodes_;
};

upgrade_verdict judge_upgrade(const upgrade_request& request, const origin_policy& origins);

/// True when `list` (comma-separated, as in HTTP) has `token`. Case matters only with `exactly`.
bool has_token(std::string_view list, std::string_view token, bool exactly = false);

} // namespace troupe::transport
