// transport/destinations.hpp
//
// What a server has at which path.
#pragma once

#include "config/route_table.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace troupe::transport {

/// A page that is the same for everybody.
struct static_page {
  std::string content_type;
  std::string body;
};

/// Path → page. Paths are compared whole, so nothing can be traversed.
using static_content = std::map<std::string, static_page, std::less<>>;

struct destination {
  enum class kind : std::uint8_t { socket, api, health, ready, metrics, page };
  kind what = kind::page;
  const static_page* page = nullptr; ///< Of `page`.
};

using destinations = config::route_table<destination>;

/// The table points to the pages. Throws std::invalid_argument when a page has a path that is taken or cannot be one.
destinations destinations_of(const static_content& pages);

} // namespace troupe::transport
