// transport/destinations.hpp
//
// What a server has at which path.
#pragma once

#include "config/route_table.hpp"
#include "transport/static_page.hpp"

#include <cstdint>

namespace troupe::transport {

struct destination {
  enum class kind : std::uint8_t { socket, api, health, ready, metrics, client, page };
  kind what = kind::page;
  const static_page* page = nullptr; ///< Of `page`.
};

using destinations = config::route_table<destination>;

/// The table points to the pages. Throws std::invalid_argument when a page has a path that is taken or cannot be one.
destinations destinations_of(const static_content& pages);

} // namespace troupe::transport
