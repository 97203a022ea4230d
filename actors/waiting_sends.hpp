// actors/waiting_sends.hpp
#pragma once

#include "actors/relay_messages.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

/// A send that a relay has not answered yet.
struct waiting_send {
  awaited_ack who;
  time_ms since = 0;
  std::uint64_t number = 0; ///< In the order they came.
  bool told = false;        ///< To the room as it is now.
  bool doubtful = false;    ///< The room crashed while it had this: it is not told again.
  to_room::submit what;     ///< For the room that comes after it.
};

/// What a relay keeps of un-acked sends, so that whatever becomes of the room, each is answered
/// once (docs/adr/0013-relays-tell-the-next-owner.md).
class waiting_sends {
public:
  bool empty() const noexcept { return by_cid_.empty(); }
  std::size_t size() const noexcept { return size_; }

  void add(waiting_send what);

  /// All attempts at (user, cid): the message is stored.
  std::vector<awaited_ack> take(const std::string& user, const std::string& cid);
  /// The attempts of one connection at (user, cid).
  std::vector<waiting_send> take(connection_id connection, const std::string& user, const std::string& cid);
  /// Those of a connection that is gone.
  void drop(connection_id connection);
  /// Those that came at `time` or before.
  std::vector<waiting_send> take_older(time_ms time);
  /// Those that the room had when it crashed.
  std::vector<waiting_send> take_doubtful();
  std::vector<waiting_send> take_all();

  /// The room as it was is gone.
  void room_gone(bool crashed);
  /// Those the room as it is now was not told, in the order they came; they count as told.
  std::vector<to_room::submit> tell();

private:
  template <class Which>
  std::vector<waiting_send> take_if(Which which);

  std::unordered_map<std::string, std::vector<waiting_send>> by_cid_;
  std::size_t size_ = 0;
  std::uint64_t added_ = 0;
};

} // namespace troupe::actors
