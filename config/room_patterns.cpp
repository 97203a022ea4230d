#include "config/room_patterns.hpp"

#include <utility>

namespace troupe::config {

namespace {

route_table<room_policy> table_of(const std::vector<room_policy>& policies) {
  std::vector<route_table<room_policy>::route> routes;
  routes.reserve(policies.size());
  for (const auto& policy : policies)
    routes.push_back({policy.pattern, policy});
  return route_table<room_policy>::of(std::move(routes), route_form::room);
}

} // namespace

room_patterns::room_patterns(const std::vector<room_policy>& policies) : table_{table_of(policies)} {}

const room_policy& room_patterns::policy_for(std::string_view room) const noexcept {
  const auto found = table_.find(room);
  return found ? found->value() : otherwise_;
}

} // namespace troupe::config
