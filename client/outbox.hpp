// client/outbox.hpp
//
// What was sent and is not yet acked. Kept across connections; a message leaves it with
// its ack, with its own copy in the stream, or with a refusal for good.
#pragma once

#include "protocol/messages.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>

namespace troupe::client {

/// A message on its way, with the `cid` it keeps through all retries.
struct outgoing {
  enum class stage : std::uint8_t {
    waiting,  ///< To be given to the next good connection, not before `due_ms`.
    underway, ///< Given to this connection, not answered yet.
  };

  protocol::client::send what; ///< `what.id` is that of the latest attempt.
  outgoing::stage stage = stage::waiting;
  std::int64_t due_ms = 0;
  std::uint32_t attempts = 0;
};

/// Messages in the order in which they were sent.
class outbox {
public:
  outgoing& add(protocol::client::send what) { return all_.emplace_back(outgoing{std::move(what)}); }

  outgoing* by_cid(const std::string& room, const std::string& cid) {
    for (auto& one : all_)
      if (one.what.cid == cid && one.what.room == room)
        return &one;
    return nullptr;
  }

  outgoing* by_id(protocol::request_id id) {
    for (auto& one : all_)
      if (one.stage == outgoing::stage::underway && one.what.id == id)
        return &one;
    return nullptr;
  }

  /// Takes a message out.
  std::optional<outgoing> take(const std::string& room, const std::string& cid) {
    for (auto at = all_.begin(); at != all_.end(); ++at)
      if (at->what.cid == cid && at->what.room == room) {
        auto found = std::move(*at);
        all_.erase(at);
        return found;
      }
    return std::nullopt;
  }

  /// The connection is gone: all outcomes are open, all will be asked again.
  void connection_lost() {
    for (auto& one : all_)
      one.stage = outgoing::stage::waiting, one.due_ms = 0;
  }

  std::size_t underway() const {
    std::size_t count = 0;
    for (const auto& one : all_)
      count += one.stage == outgoing::stage::underway;
    return count;
  }

  std::list<outgoing>& all() { return all_; }
  const std::list<outgoing>& all() const { return all_; }
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }

private:
  std::list<outgoing> all_;
};

} // namespace troupe::client
