// actors/delivery.hpp
//
// What a relay hands to the I/O threads: encoded once, shared by all of them.
#pragma once

#include "actors/subscription.hpp"
#include "actors/user_messages.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::actors {

/// An ack that stands in the stream in place of the message.
struct own_ack {
  connection_id connection = 0;
  request_id re = 0;
  shared_frame frame;
};

struct delivery_item {
  room_frame what;
  std::vector<own_ack> acks;
  std::string except; ///< Not for this user (typing).
};

/// A batch of one room, in order.
struct delivery {
  std::string room;
  std::vector<delivery_item> items;
  std::int64_t heard_us = 0; ///< When the relay heard what it is made of (steady); 0 = not measured.
  bool restarts = false;     ///< The room's log is another one from here on: each stream begins anew.
};

using shared_delivery = std::shared_ptr<const delivery>;

struct for_connection {
  connection_id connection = 0;
  to_connection::news what;
};

/// All connections leave a room.
struct expulsion {
  std::string room;
  std::string reason;
};

/// All connections go away, spread over `within_ms`.
struct drain_connections {
  std::uint32_t within_ms = 0;
};

} // namespace troupe::actors
