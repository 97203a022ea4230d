#include "transport/destinations.hpp"

#include <utility>
#include <vector>

namespace troupe::transport {

destinations destinations_of(const static_content& pages) {
  using kind = destination::kind;
  std::vector<destinations::route> routes = {
    {"/ws", {kind::socket}},    {"/api/*call", {kind::api}},   {"/healthz", {kind::health}},
    {"/readyz", {kind::ready}}, {"/metrics", {kind::metrics}}, {"/client.json", {kind::client}},
  };
  for (const auto& [path, page] : pages)
    routes.push_back({path, {kind::page, &page}});
  return destinations::of(std::move(routes), config::route_form::path);
}

} // namespace troupe::transport
