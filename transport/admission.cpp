#include "transport/admission.hpp"

#include <algorithm>
#include <string_view>

namespace troupe::transport {

namespace {

constexpr std::int64_t second_us = 1'000'000;

} // namespace

std::size_t admission::key_hash::operator()(const address_key& key) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
}

std::int64_t admission::take(std::int64_t& spent_until_us, std::int64_t now_us, std::uint32_t per_s) noexcept {
  const auto start = std::max(spent_until_us, now_us);
  const auto next = start + second_us / std::max<std::int64_t>(per_s, 1);
  if (next > now_us + second_us)
    return next - now_us - second_us;
  spent_until_us = next;
  return 0;
}

admission::place admission::arrive(const address_key& who, std::int64_t now_ms) {
  const auto sockets_max = std::int64_t{limits_.connections_max} + limits_.sockets_spare;
  if (sockets_.fetch_add(1, std::memory_order_relaxed) >= sockets_max) {
    sockets_.fetch_sub(1, std::memory_order_relaxed);
    return {};
  }
  if (!who.trusted) {
    auto& where = shard_of(who);
    std::lock_guard guard{where.mutex};
    if (where.known.size() >= where.sweep_at)
      sweep(where, now_ms * 1'000);
    auto found = where.known.find(who);
    if (found == where.known.end() && where.known.size() < addresses_max / shards_.size())
      found = where.known.emplace(who, address{}).first;
    if (found != where.known.end()) {
      if (found->second.sockets >= limits_.connections_per_ip_max + limits_.sockets_spare_per_ip) {
        sockets_.fetch_sub(1, std::memory_order_relaxed);
        return {};
      }
      ++found->second.sockets;
    }
  }
  place result;
  result.owner_ = this;
  result.key_ = who;
  return result;
}

entry_answer admission::enter(place& where, std::int64_t now_ms) {
  const auto now_us = now_ms * 1'000;
  const auto refuse = [](entry_verdict why, std::int64_t after_us) {
    return entry_answer{why, (after_us + 999) / 1'000};
  };
  const auto& who = where.key_;

  if (connections_.load(std::memory_order_relaxed) >= limits_.connections_max)
    return refuse(entry_verdict::too_many_connections, 5 * second_us);

  // The address comes before the node's rate, so that one noisy address does not use it up.
  if (!who.trusted) {
    auto& part = shard_of(who);
    std::lock_guard guard{part.mutex};
    if (auto found = part.known.find(who); found != part.known.end()) {
      if (found->second.connections >= limits_.connections_per_ip_max)
        return refuse(entry_verdict::too_many_of_address, 5 * second_us);
      if (const auto wait = take(found->second.spent_until_us, now_us, limits_.handshakes_per_ip_per_s))
        return refuse(entry_verdict::too_many_handshakes_of_address, wait);
    }
  }
  {
    std::lock_guard guard{handshakes_mutex_};
    if (const auto wait = take(handshakes_spent_until_us_, now_us, limits_.handshakes_per_s))
      return refuse(entry_verdict::too_many_handshakes, wait);
  }
  if (connections_.fetch_add(1, std::memory_order_relaxed) >= limits_.connections_max) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return refuse(entry_verdict::too_many_connections, 5 * second_us);
  }
  if (!who.trusted) {
    auto& part = shard_of(who);
    std::lock_guard guard{part.mutex};
    if (auto found = part.known.find(who); found != part.known.end())
      ++found->second.connections;
  }
  where.connection_ = true;
  return {};
}

void admission::leave(const address_key& who, bool connection) noexcept {
  sockets_.fetch_sub(1, std::memory_order_relaxed);
  if (connection)
    connections_.fetch_sub(1, std::memory_order_relaxed);
  if (who.trusted)
    return;
  auto& where = shard_of(who);
  std::lock_guard guard{where.mutex};
  if (auto found = where.known.find(who); found != where.known.end()) {
    auto& counts = found->second;
    counts.sockets -= counts.sockets > 0;
    counts.connections -= connection && counts.connections > 0;
    if (counts.sockets == 0 && counts.spent_until_us == 0)
      where.known.erase(found); // an address that never shook hands has no rate to remember
  }
}

void admission::sweep(shard& where, std::int64_t now_us) {
  std::erase_if(where.known,
                [&](const auto& item) { return item.second.sockets == 0 && item.second.spent_until_us <= now_us; });
  where.sweep_at = std::max<std::size_t>(64, 2 * where.known.size());
}

std::size_t admission::addresses() const {
  std::size_t sum = 0;
  for (const auto& part : shards_) {
    std::lock_guard guard{part.mutex};
    sum += part.known.size();
  }
  return sum;
}

void admission::place::reset() noexcept {
  if (auto* owner = std::exchange(owner_, nullptr))
    owner->leave(key_, connection_);
  connection_ = false;
}

} // namespace troupe::transport
