// apps/troupe/prove/outcome.hpp
#pragma once

#include "apps/troupe/prove/crowd.hpp"
#include "apps/troupe/prove/memory_watch.hpp"
#include "apps/troupe/prove/settings.hpp"
#include "checker/check.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::prove {

/// The sum over all crowds, and how long their rooms stood still.
struct totals {
  std::uint64_t acked = 0, refused = 0, lost = 0, doubled = 0, out_of_order = 0;
  std::size_t clients = 0, online = 0, incomplete = 0, faults = 0;
  bool alive = true;
  bool in_memory = false;         ///< A node said that it keeps a message in memory only.
  std::vector<room_pause> pauses; ///< Rooms as indices into `rooms` of the run.

  /// `first_room` and `first_fault`: what the figures' rooms and faults are called in the run.
  void add(const crowd::figures& one, std::size_t first_room, std::size_t first_fault);
  /// The longest pause; nothing before the first fault.
  const room_pause* worst() const;
};

/// What a run came to.
struct outcome {
  std::string run;
  double seconds = 0; ///< Under load.
  std::vector<std::string> rooms;
  std::vector<std::string> faults; ///< In words, in order.
  totals last;
  memory_watch memory; ///< Of the nodes.
  checker::verdict verdict;
  std::vector<std::string> troubles;   ///< What the checker cannot know: rooms that did not come back.
  bool interrupted = false;            ///< Somebody ended it early.
  std::vector<std::string> recordings; ///< Files that were kept.

  bool passed() const { return verdict.passed() && troubles.empty(); }
};

/// Two crowds' verdicts as one: they shared no room, and saw the same faults.
void merge(checker::verdict& into, const checker::verdict& other);

/// The ledger, on one line.
std::string to_line(const totals& now, const std::vector<std::string>& rooms);
std::string to_text(const settings& how, const outcome& what);
std::string to_json(const settings& how, const outcome& what);

} // namespace troupe::prove
