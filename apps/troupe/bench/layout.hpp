// apps/troupe/bench/layout.hpp
#pragma once

#include "apps/troupe/bench/settings.hpp"

#include <string>

namespace troupe::bench {

/// Who sits where and who speaks, all by arithmetic: connection c is member c % members of
/// room c / members, and the first `senders` members of a room send. Every sender sends in
/// one room only, so its messages are one stream.
struct layout {
  std::uint32_t run = 0; ///< Random; part of all names, so that no run meets another's rooms.
  std::uint32_t connections = 0;
  std::uint32_t users = 0;   ///< Distinct ones.
  std::uint32_t members = 1; ///< Of a room; the last room may have fewer.
  std::uint32_t senders = 0; ///< Of a room.
  bool joins = true;         ///< Otherwise a sender gets nothing but its acks.
  bool direct = false;       ///< The one room is a direct message between the two users.
  std::string room_prefix;

  std::uint32_t rooms() const noexcept { return (connections + members - 1) / members; }
  std::uint32_t room_of(std::uint32_t connection) const noexcept { return connection / members; }
  std::uint32_t seat_of(std::uint32_t connection) const noexcept { return connection % members; }
  bool sends(std::uint32_t connection) const noexcept { return seat_of(connection) < senders; }
  std::uint32_t sender_index(std::uint32_t room, std::uint32_t seat) const noexcept { return room * senders + seat; }
  std::uint32_t connection_of(std::uint32_t sender) const noexcept {
    return sender / senders * members + sender % senders;
  }

  /// How many deliveries (the sender's own ack included) one message makes.
  std::uint32_t audience() const noexcept { return joins ? members : 1; }

  std::string user_name(std::uint32_t connection) const;
  std::string room_name(std::uint32_t room) const;
};

/// What the scenario of `s` means. Throws std::invalid_argument, with a sentence for the
/// user, when the numbers do not fit together.
layout plan(const settings& s, std::uint32_t run);

} // namespace troupe::bench
