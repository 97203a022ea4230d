// actors/middleware/gate.hpp
#pragma once

#include "actors/middleware/passage.hpp"

#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// A connection's requests that wait in their chain, for their turn behind those, or for the answer that their steps
/// want to hear of.
///
/// Ordering: while a request about a room waits in its chain, later ones about that room wait behind it.
/// Limits:   `waiting_max` of both kinds; one more is refused.
/// Threading: its connection's.
class gate {
public:
  static constexpr std::size_t waiting_max = 64;

  /// False when too many wait already; then nothing has happened.
  bool enter(const passage_ptr& what);

  /// The answer to a request has come.
  void answered(request_id re, const outcome& how);

  /// What has been without an answer since `began_before` gets none; what waits in its chain has a deadline there.
  void expire(time_ms began_before);

  /// The connection ends.
  void end();

  bool empty() const noexcept { return open_.empty() && behind_.empty(); }

private:
  void start(const passage_ptr& what);
  bool blocked(std::string_view room) const;
  void let_through(const std::string& room);
  void tidy();

  std::vector<passage_ptr> open_; ///< Under way, or waiting for their answer.
  std::deque<passage_ptr> behind_;
  bool ended_ = false;

public:
  /// A request that had to wait has left its chain, one way or the other.
  void left(const passage& what);
};

} // namespace troupe::actors
