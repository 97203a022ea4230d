// apps/troupe/prove/pauses.hpp
//
// How long each room stood still after each fault.
#pragma once

#include "apps/troupe/prove/fault_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::prove {

/// What one fault did to one room.
struct room_pause {
  std::size_t fault = 0; ///< From 0, in the order of the run.
  fault_kind kind = fault_kind::kill;
  std::size_t room = 0;
  std::int64_t first_ack_us = -1;   ///< From the fault to the first ack of a send issued after it; −1: none came.
  std::int64_t standstill_us = -1;  ///< The longest time, until the next fault, in which an ack was due and none came.
  std::int64_t slowest_ack_us = -1; ///< From a send to its ack, the longest that came until the next fault.
};

/// Times the rooms of one crowd. Times are microseconds of any steady clock.
///
/// Threading: one thread.
class pauses {
public:
  explicit pauses(std::size_t rooms) : answered_(rooms, 0), last_ack_us_(rooms, 0) {}

  void fault(fault_kind kind, std::int64_t now_us);
  void acked(std::size_t room, std::int64_t issued_us, std::int64_t now_us);

  /// Every room has acked something that was sent after the last fault.
  bool all_alive() const;
  std::size_t faults() const { return faults_.size(); }
  /// A row for each fault and room.
  const std::vector<room_pause>& rows() const { return rows_; }

private:
  struct begun {
    fault_kind kind;
    std::int64_t at_us;
  };

  std::vector<begun> faults_;
  std::vector<room_pause> rows_;          ///< That of fault f and room r stands at f × rooms + r.
  std::vector<std::size_t> answered_;     ///< By room: the faults that an ack has followed.
  std::vector<std::int64_t> last_ack_us_; ///< By room.
};

/// Of times in microseconds.
struct spread {
  std::int64_t p50_us = 0, p99_us = 0, max_us = 0;
};

/// Of one kind of fault.
struct pause_summary {
  std::size_t faults = 0;
  std::size_t rooms = 0;      ///< Rows, that is faults × rooms.
  std::size_t silent = 0;     ///< Rows without an ack after the fault.
  std::size_t worst_room = 0; ///< By its first ack.
  spread first_ack, standstill, slowest_ack;
};

std::map<fault_kind, pause_summary> summed_up(const std::vector<room_pause>& rows);

} // namespace troupe::prove
