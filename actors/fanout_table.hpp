// actors/fanout_table.hpp
#pragma once

#include "actors/delivery.hpp"
#include "actors/room_health.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

/// Whoever can be answered by its connection id: a WebSocket's connection, or an HTTP request.
class addressee {
public:
  virtual ~addressee() = default;
  virtual void hear(to_connection::news what) = 0;
  /// The ack of its send `re`; `of` is its subscription to the room, if it has one.
  virtual void acked(request_id re, subscription* of, const room_frame& what) = 0;
  /// A broadcast for one of its subscriptions.
  virtual void deliver(subscription& of, const room_frame& what) = 0;
  /// What follows for that subscription is of another log.
  virtual void restart(const std::string& room, subscription& of) = 0;
  virtual const std::string& user() const = 0;
};

/// Who is on this I/O thread, and which rooms they listen to.
///
/// Threading: lives on one I/O thread; connections enter and leave by direct calls.
/// Cost:      a delivery to n members is n direct calls and no allocation.
class fanout_table {
public:
  void enter(connection_id id, addressee& who);
  void leave(connection_id id);

  void subscribe(connection_id id, const std::string& room, subscription& to);
  void unsubscribe(connection_id id, const std::string& room);

  /// Gives the place for the time that the room's fan-out takes; null when nobody listens.
  recent_times* deliver(const delivery& batch);
  void answer(for_connection what);
  void expel(const expulsion& what);

  /// Who listens to a room, counted now.
  listeners_health report(const std::string& room, time_ms now) const;

  std::size_t connections() const noexcept { return all_.size(); }
  std::uint64_t delivered() const noexcept { return delivered_; }

  template <class F>
  void for_each(F&& f) {
    for (auto& [id, who] : all_)
      f(id, *who);
  }

private:
  struct listener {
    connection_id id = 0;
    addressee* who = nullptr;
    subscription* to = nullptr;
  };
  struct audience {
    std::vector<listener> listeners;
    recent_times fan_out;
  };

  void deliver_item(const delivery_item& item, const std::vector<listener>* listeners);

  std::unordered_map<connection_id, addressee*> all_;
  std::unordered_map<std::string, audience> rooms_;
  std::uint64_t delivered_ = 0;
};

} // namespace troupe::actors
