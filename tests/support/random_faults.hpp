// tests/support/random_faults.hpp
#pragma once

#include "tests/support/cluster_simulation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tests {

/// What goes wrong in a cluster, drawn from its seed. Each run has a few kinds of faults of its own, so that
/// some runs are all about frozen nodes and others about a bad network.
class random_faults {
public:
  explicit random_faults(cluster_simulation& cluster);

  /// One after the other for so long. What they break is not mended: `cluster_simulation::heal` does that.
  void go_on_for(std::int64_t ms);

private:
  using fault = void (random_faults::*)();

  void next(std::int64_t until);
  void kill();
  void freeze_shortly();
  void freeze();
  void freeze_in_writing();
  void drain();
  void cut();
  void break_link();
  void lose_envelopes();
  void slow_network();
  void slow_store();
  void lose_answers();
  void fill_store();
  void lose_touch();
  void slow_touch();
  void set_clock();
  void pin();
  void stall();

  const std::string& any_node();
  std::pair<std::string, std::string> any_pair();
  void start_again(const std::string& node, std::int64_t after_ms);
  void for_a_while(std::int64_t ms, agenda::task mend);

  cluster_simulation& cluster_;
  stage& world_;
  std::vector<fault> kinds_;
};

} // namespace troupe::tests
