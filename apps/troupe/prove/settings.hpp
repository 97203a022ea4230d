// apps/troupe/prove/settings.hpp
#pragma once

#include "apps/troupe/prove/fault_plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::prove {

/// What the operator asked for.
struct settings {
  std::string data = "data"; ///< The directory the nodes share.
  double minutes = 10;
  double chapter_minutes = 10; ///< After so many the run goes on in other rooms.
  std::uint64_t seed = 1;
  std::size_t faults_max = 0; ///< 0: as many as the time allows.
  std::vector<fault_kind> faults = usual_faults();
  std::size_t rooms = 50;
  std::size_t senders = 200;
  std::size_t receivers = 500;
  std::size_t crowds = 4;  ///< Threads; each with its own rooms, and a recording of its own.
  double rate_per_s = 400; ///< Sends of all senders together.
  std::size_t body_bytes = 128;
  std::vector<std::string> spared; ///< Nodes that are left alone, whatever the plan says.
  bool yes = false;                ///< Nodes that nobody starts again may be ended.
  bool json = false;
  std::string keep; ///< Where the recordings stay; empty: only those of a failed run, in /tmp.
};

} // namespace troupe::prove
