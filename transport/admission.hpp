// transport/admission.hpp
//
// Who may come in: sockets, connections and handshakes, for the whole node and for
// each address, decided before the upgrade.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace troupe::transport {

/// What an address counts as: IPv4 whole (mapped into IPv6), IPv6 by its /64, because that is what one
/// subscriber gets.
struct address_key {
  std::array<std::uint8_t, 16> bytes{};
  bool trusted = false; ///< Exempt from the limits per address.

  bool operator==(const address_key& other) const noexcept { return bytes == other.bytes; }
};

struct admission_limits {
  std::uint32_t connections_max = 200'000;
  std::uint32_t connections_per_ip_max = 256;
  std::uint32_t handshakes_per_s = 5'000;
  std::uint32_t handshakes_per_ip_per_s = 32;
  std::uint32_t sockets_spare = 4'096;      ///< Sockets beyond `connections_max`, for HTTP and for refusals.
  std::uint32_t sockets_spare_per_ip = 256; ///< The same beyond `connections_per_ip_max`.
};

/// The answer to a handshake, with what to tell the client.
enum class entry_verdict : std::uint8_t {
  welcome,
  too_many_connections, ///< Of the node.
  too_many_of_address,
  too_many_handshakes, ///< Per second, of the node.
  too_many_handshakes_of_address,
};

struct entry_answer {
  entry_verdict verdict = entry_verdict::welcome;
  std::int64_t retry_after_ms = 0;
};

/// Counts and rates of a node.
///
/// Threading: shared by all I/O threads; atomics for the node, sharded locks for addresses.
/// Time:      only what is passed in counts.
/// Memory:    an address is held while it has a socket or an unfinished rate; at most `addresses_max` in all,
///            beyond that unknown addresses are judged by the node's limits alone.
class admission {
public:
  static constexpr std::size_t addresses_max = 1 << 18;

  explicit admission(const admission_limits& limits) noexcept : limits_{limits} {}

  /// A place in the counts; gives it back when destroyed.
  class place {
  public:
    place() = default;
    place(place&& other) noexcept
      : owner_{std::exchange(other.owner_, nullptr)}, key_{other.key_}, connection_{other.connection_} {}
    place& operator=(place&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(key_, other.key_);
      std::swap(connection_, other.connection_);
      return *this;
    }
    ~place() { reset(); }
    explicit operator bool() const noexcept { return owner_ != nullptr; }
    const address_key& key() const noexcept { return key_; }
    void reset() noexcept;

  private:
    friend class admission;
    admission* owner_ = nullptr;
    address_key key_;
    bool connection_ = false; ///< Also counted as a connection.
  };

  /// A socket was accepted. An empty place means: close it at once.
  place arrive(const address_key& who, std::int64_t now_ms);

  /// The socket of `where` asks for an upgrade. Welcome makes it a connection.
  entry_answer enter(place& where, std::int64_t now_ms);

  std::int64_t sockets() const noexcept { return sockets_.load(std::memory_order_relaxed); }
  std::int64_t connections() const noexcept { return connections_.load(std::memory_order_relaxed); }
  std::size_t addresses() const;

private:
  /// A rate with a burst of one second, kept as the time up to which it is spent.
  static std::int64_t take(std::int64_t& spent_until_us, std::int64_t now_us, std::uint32_t per_s) noexcept;

  struct address {
    std::uint32_t sockets = 0;
    std::uint32_t connections = 0;
    std::int64_t spent_until_us = 0;
  };
  struct key_hash {
    std::size_t operator()(const address_key& key) const noexcept;
  };
  struct shard {
    mutable std::mutex mutex;
    std::unordered_map<address_key, address, key_hash> known;
    std::size_t sweep_at = 64; ///< Size at which finished addresses are looked for.
  };

  shard& shard_of(const address_key& who) noexcept { return shards_[key_hash{}(who) >> 7 & (shards_.size() - 1)]; }
  void leave(const address_key& who, bool connection) noexcept;
  static void sweep(shard& where, std::int64_t now_us);

  const admission_limits limits_;
  std::atomic<std::int64_t> sockets_{0};
  std::atomic<std::int64_t> connections_{0};
  std::mutex handshakes_mutex_;
  std::int64_t handshakes_spent_until_us_ = 0;
  std::array<shard, 16> shards_;
};

} // namespace troupe::transport
