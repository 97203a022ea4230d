#include "transport/neighbours.hpp"

#include "transport/authority.hpp"

#include <algorithm>

namespace troupe::transport {

std::vector<neighbour> neighbours::seen_from(std::string_view host) const {
  const auto from = parse_authority(host);
  if (!from || !living_)
    return {};
  const auto nodes = living_();
  const auto own = std::find_if(nodes.begin(), nodes.end(), [&](const auto& node) { return node.node == self_; });
  const auto here = own == nodes.end() ? std::nullopt : parse_authority(own->address);
  if (!here || here->port != from->port_with(false))
    return {};
  std::vector<neighbour> result;
  for (const auto& node : nodes)
    if (const auto there = parse_authority(node.address); there && there->host == here->host)
      result.push_back({node.node, from->host + ':' + there->port});
  return result;
}

bool neighbours::include(std::string_view origin, std::string_view host) const {
  const auto from = parse_origin(origin);
  if (!from || from->secure)
    return false;
  const auto address = from->where.host + ':' + std::string{from->where.port_with(false)};
  const auto seen = seen_from(host);
  return std::any_of(seen.begin(), seen.end(), [&](const auto& node) { return node.address == address; });
}

} // namespace troupe::transport
