#include "apps/troupe/bench/layout.hpp"

#include "apps/troupe/bench/stamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace troupe::bench {

std::string layout::user_name(std::uint32_t connection) const {
  return fmt::format("b{:08x}-{:06}", run, connection % users);
}

std::string layout::room_name(std::uint32_t room) const {
  if (direct)
    return fmt::format("dm:{}:{}", user_name(0), user_name(1)); // Fixed width: already in byte order.
  return fmt::format("{}{:08x}-{:06}", room_prefix, run, room);
}

layout plan(const settings& s, std::uint32_t run) {
  layout l;
  l.run = run;
  l.room_prefix = s.room_prefix;
  switch (s.what) {
  case scenario::idle:
    l.connections = s.connections;
    l.members = std::max(1u, s.members);
    break;
  case scenario::fanout:
    l.connections = l.members = s.connections;
    l.senders = s.senders != 0 ? s.senders : std::min(8u, s.connections);
    break;
  case scenario::rooms:
    l.members = s.members;
    l.connections = (s.rooms != 0 ? s.rooms : 1'000u) * s.members;
    l.senders = s.senders != 0 ? s.senders : 1u;
    break;
  case scenario::echo:
    l.connections = l.members = 2;
    l.senders = 1;
    l.direct = s.dialect == speech::troupe;
    break;
  case scenario::durable: {
    if (s.dialect != speech::troupe)
      throw std::invalid_argument("durable needs acks: only the troupe dialect has them");
    const auto senders = s.senders != 0 ? s.senders : 200u;
    const auto rooms = std::min(s.rooms != 0 ? s.rooms : 50u, senders);
    l.members = l.senders = senders / rooms;
    l.connections = rooms * l.members;
    l.joins = false;
    break;
  }
  }
  if (l.connections == 0 || l.members == 0)
    throw std::invalid_argument("at least one connection and one member per room are needed");
  if (l.senders > l.members)
    throw std::invalid_argument("a room cannot have more senders than members");
  if (s.payload_bytes < stamp_bytes || s.payload_bytes > 16 * 1024)
    throw std::invalid_argument(fmt::format("--payload must be {} to 16384 bytes", stamp_bytes));
  if (l.senders != 0 && !s.closed && s.rate_per_s <= 0)
    throw std::invalid_argument("--rate must be positive");
  l.users = s.users != 0 ? std::min(s.users, l.connections) : l.connections;
  if (l.direct && l.users != 2)
    throw std::invalid_argument("a direct message needs two users");
  return l;
}

} // namespace troupe::bench
