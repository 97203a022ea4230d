// apps/troupe/bench/settings.hpp
//
// Everything the command line of `troupe bench` can say, with units and defaults.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::bench {

/// What the load looks like.
enum class scenario : std::uint8_t {
  idle,    ///< Connections that do nothing: memory and CPU of a connection.
  fanout,  ///< One room, many members.
  rooms,   ///< Many rooms of a few members.
  echo,    ///< Two users, one direct message at a time.
  durable, ///< Senders that wait for acks, many rooms, nobody else listening.
};

/// What is spoken on the wire.
enum class speech : std::uint8_t {
  troupe, ///< `troupe.v1` over WebSocket.
  hub,    ///< A text broadcast hub: /ws?room=NAME, what one sends all in that room get.
  mqtt,   ///< MQTT 3.1.1, QoS 0.
};

struct settings {
  scenario what = scenario::fanout;
  speech dialect = speech::troupe;
  std::string url = "ws://127.0.0.1:8080/ws";
  std::vector<std::string> other_urls; ///< Further nodes of the same cluster: connections go to all of them in turn.
  std::vector<int> server_pids;        ///< Whose figures are added up; none = they are not read.

  std::uint32_t connections = 1'000; ///< idle and fanout.
  std::uint32_t users = 0;           ///< Distinct users; 0 = one per connection.
  std::uint32_t rooms = 0;           ///< rooms and durable; 0 = the scenario's own number.
  std::uint32_t members = 100;       ///< Of a room, in idle and rooms.
  std::uint32_t senders = 0;         ///< Of a room in fanout and rooms, of all in durable; 0 = the scenario's own.

  double rate_per_s = 20'000; ///< Deliveries per second, of all rooms together. Open loop.
  bool closed = false;        ///< Closed loop: the next message leaves when an earlier one reached everybody.
  std::uint32_t window = 32;  ///< Closed loop: messages on their way in a room.

  double duration_s = 10;
  double warmup_s = 2;
  double settle_s = 0.5;   ///< Between the last connection and the first message.
  double hold_s = 5;       ///< idle: how long the connections are held before the memory is read.
  double drain_s_max = 30; ///< What is on its way at the end may take this long.

  double stall_s = 5; ///< Without a delivery for this long a run with messages on their way is cut short.

  std::uint32_t payload_bytes = 128;
  std::uint32_t threads = 1;
  int cpu = -1;                       ///< Core the generator is pinned to; -1 = none.
  std::uint32_t connecting_max = 128; ///< Connections being opened at a time.
  std::string room_prefix = "bench/mem/";
  std::string want; ///< Of `join`: presence, typing, marks, comma separated. Empty = none.
  std::string send_calls_metric = "send_calls_total"; ///< The name, or its end, of a counter in /metrics.

  bool json = false;
  bool progress = true; ///< A line a second on stderr, when that is a terminal.
};

} // namespace troupe::bench
