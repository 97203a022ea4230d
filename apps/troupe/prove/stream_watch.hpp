// apps/troupe/prove/stream_watch.hpp
//
// What can be noticed while a run goes on. It sees less than the checker, which judges the
// whole run at its end, but it sees it at once.
#pragma once

#include "protocol/messages.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::prove {

using protocol::seq_t;

/// Compares what acks and streams say of the same numbers, over the newest numbers of each room.
///
/// Threading: one thread.
class stream_watch {
public:
  /// Numbers remembered of a room.
  static constexpr std::size_t numbers_max = 8'192;

  explicit stream_watch(std::size_t rooms) : rooms_(rooms) {}

  /// An ack or a stream says which message has that number.
  void numbered(std::size_t room, seq_t seq, std::string_view from, std::string_view cid);
  /// A connection was given a message with a number that is not above the one before.
  void went_back() { ++out_of_order_; }
  /// A room's log could not be continued.
  void broke_off() { ++lost_; }

  /// Numbers that hold another message than somebody was told, and logs that broke off.
  std::uint64_t lost() const { return lost_; }
  /// Messages with two numbers.
  std::uint64_t doubled() const { return doubled_; }
  std::uint64_t out_of_order() const { return out_of_order_; }
  /// The highest number anybody was told; 0 when none.
  seq_t highest(std::size_t room) const { return rooms_[room].highest; }

private:
  struct room_numbers {
    std::map<seq_t, std::uint64_t> messages; ///< A hash of sender and cid.
    std::unordered_map<std::uint64_t, seq_t> numbers;
    seq_t highest = 0;
  };

  std::vector<room_numbers> rooms_;
  std::uint64_t lost_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t out_of_order_ = 0;
};

} // namespace troupe::prove
