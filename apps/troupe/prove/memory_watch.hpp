// apps/troupe/prove/memory_watch.hpp
//
// What the memory of the nodes did over a run: whether it grows with time, or with the faults of others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::prove {

/// The memory of one process under load, after it had warmed up.
struct long_life {
  std::string node;
  int pid = 0;
  double watched_s = 0;
  std::int64_t first_kb = 0;            ///< Median of the first minute.
  std::int64_t last_kb = 0;             ///< Median of the last minute.
  double percent_per_10min = 0;         ///< Slope by least squares, of the mean.
  double settled_percent_per_10min = 0; ///< That of the second half: caches and free lists are as large as they get.
  std::optional<std::int64_t> end_kb;   ///< When the load was over and everybody had left.
};

/// Collects readings of Private_Dirty.
///
/// Threading: one thread. Times are seconds of one clock, not before 0; readings come in order of time.
class memory_watch {
public:
  /// A process is judged from so long after its first reading on.
  static constexpr double warm_up_s = 120;
  /// Shorter lives have no slope worth telling.
  static constexpr double judged_from_s = 300;

  void read(const std::string& node, int pid, double at_s, std::int64_t kb);
  /// What is read afterwards was not under load.
  void load_is_over() { loaded_ = false; }

  /// Medians over all nodes, of `parts` equal parts of the time under load; 0 where nothing was read.
  std::vector<std::int64_t> medians(std::size_t parts) const;
  /// Of all processes that were judged, by node.
  std::vector<long_life> long_lives() const;

private:
  struct reading {
    double at_s;
    std::int64_t kb;
  };
  struct life {
    std::vector<reading> loaded;
    std::optional<std::int64_t> end_kb;
  };

  using readings = std::vector<reading>::const_iterator;

  static double slope(readings begin, readings end);

  bool loaded_ = true;
  std::map<std::pair<std::string, int>, life> lives_;
};

} // namespace troupe::prove
