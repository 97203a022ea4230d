// apps/troupe/prove/fault_plan.hpp
//
// Which faults come, in which order, and whom they hit: drawn from the seed alone, so that a
// run can be repeated as far as the machine allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::prove {

enum class fault_kind : std::uint8_t {
  kill,     ///< SIGKILL.
  freeze3,  ///< SIGSTOP, and SIGCONT after 3 s: too short for the others to take over.
  freeze8,  ///< After 8 s: the others have killed it by then.
  freeze30, ///< After 30 s.
  cut,      ///< A third of the clients lose their connections.
  twice,    ///< For three seconds the clients send everything twice.
  drain,    ///< SIGTERM: it gives its rooms away and ends.
  roll,     ///< SIGTERM to one node after the other, each when the one before is back.
  flap,     ///< One node is killed as soon as it has run for a moment, for half a minute.
  kill2,    ///< SIGKILL to two nodes at one time.
};

/// The word for it on the command line and in reports.
std::string_view word_of(fault_kind what);
std::optional<fault_kind> fault_named(std::string_view word);
/// Whether it is done to a node, not to the clients.
bool hits_a_node(fault_kind what);

/// The kinds that are drawn when none are named.
std::vector<fault_kind> usual_faults();

/// One fault, before it is known which nodes live.
struct planned_fault {
  fault_kind kind = fault_kind::kill;
  bool at_owner = false;     ///< Of the room drawn; else at any node.
  std::size_t room = 0;      ///< Index.
  std::uint64_t draw = 0;    ///< Decides among several.
  std::int64_t pause_ms = 0; ///< To be waited before it, when all is well again.
};

/// An endless list of faults. Each takes the same number of draws, whatever is made of it.
class fault_plan {
public:
  fault_plan(std::uint64_t seed, std::vector<fault_kind> kinds, std::size_t rooms);

  planned_fault next();

private:
  std::mt19937_64 random_;
  std::vector<fault_kind> kinds_; ///< Frequent ones stand several times.
  std::size_t rooms_;
};

/// A node as far as the choice depends on it.
struct candidate {
  std::string name;
  bool serves = false; ///< It lives, is not stopped and does not end.
  bool spared = false; ///< The operator wants it left alone.
};

/// Whom a fault hits: an index, or nothing when no node would be left that serves.
std::optional<std::size_t> victim_of(const planned_fault& what, const std::vector<candidate>& nodes,
                                     std::string_view owner_of_room);
/// Who is hit together with the victim `first`; nothing when no node would be left that serves.
std::optional<std::size_t> second_victim_of(const planned_fault& what, std::vector<candidate> nodes, std::size_t first);

} // namespace troupe::prove
