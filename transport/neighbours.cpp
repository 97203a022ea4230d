#include "transport/neighbours.hpp"

#include "transport/authority.hpp"

#include <algorithm>

namespace troupe::transport {

neighbours::neighbours(std::string self, source living)
  : self_{std::move(self)}, living_{std::move(living)}, memory_{std::make_shared<memory>()} {}

void neighbours::look() const {
  if (!living_)
    return;
  const std::lock_guard guard{memory_->mutex};
  auto& seen = memory_->seen;
  for (auto& node : living_())
    if (std::find(seen.begin(), seen.end(), node) == seen.end())
      seen.push_back(std::move(node));
  if (seen.size() > remembered_max)
    seen.erase(seen.begin(), seen.end() - remembered_max);
}

std::vector<neighbour> neighbours::seen_from(std::string_view host) const {
  return living_ ? reachable(living_(), host) : std::vector<neighbour>{};
}

bool neighbours::include(std::string_view origin, std::string_view host) const {
  const auto from = parse_origin(origin);
  if (!from || from->secure || !living_)
    return false;
  look();
  const std::lock_guard guard{memory_->mutex};
  const auto address = from->where.host + ':' + std::string{from->where.port_with(false)};
  const auto seen = reachable(memory_->seen, host);
  return std::any_of(seen.begin(), seen.end(), [&](const auto& node) { return node.address == address; });
}

/// Those that listen beside this node, if `host` is how this node was reached.
std::vector<neighbour> neighbours::reachable(const std::vector<neighbour>& nodes, std::string_view host) const {
  const auto from = parse_authority(host);
  if (!from)
    return {};
  const auto reached = [&](const neighbour& node) {
    const auto at = parse_authority(node.address);
    return node.node == self_ && at && at->port == from->port_with(false);
  };
  const auto own = std::find_if(nodes.begin(), nodes.end(), reached);
  if (own == nodes.end())
    return {};
  const auto here = parse_authority(own->address);
  std::vector<neighbour> result;
  for (const auto& node : nodes)
    if (const auto there = parse_authority(node.address); there && there->host == here->host)
      result.push_back({node.node, from->host + ':' + there->port});
  return result;
}

} // namespace troupe::transport
