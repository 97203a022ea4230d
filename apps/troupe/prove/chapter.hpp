// apps/troupe/prove/chapter.hpp
//
// A part of a run, with rooms, clients and recordings of its own.
#pragma once

#include "apps/troupe/prove/crowd.hpp"
#include "apps/troupe/prove/outcome.hpp"
#include "apps/troupe/prove/settings.hpp"
#include "client/endpoint.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::prove {

/// Load on rooms that nobody used before, and the verdict over it. A long run is made of several: so what is recorded
/// and what the checker has in memory stays small, and the rooms' logs still hold all when they are read.
///
/// Threading: one thread; the clients are on threads of their own.
class chapter {
public:
  /// `number` from 0. `rooms_before` and `faults_before`: of earlier chapters, so that figures can be added up.
  chapter(const settings& how, const std::string& run, std::size_t number, std::size_t rooms_before,
          std::size_t faults_before, const std::vector<client::endpoint>& nodes,
          const std::filesystem::path& directory);

  const std::vector<std::string>& rooms() const { return rooms_; }
  void start();
  /// Adds what can be told now to the totals of the chapters before.
  void add_to(totals& all);

  void fault(fault_kind kind, const std::string& words);
  void cuts();
  void sends_twice(bool now);

  void stop_sending();
  /// Says in the recordings that everybody has everything.
  void settled();
  /// Of clients that do not have everything, for people.
  std::string troubles();
  /// The clients leave, the recordings are completed with what the log of `how.data` holds, and the checker reads
  /// them. What could not be read or compared is a trouble of the outcome. `nodes` is asked before each attempt.
  void judge(outcome& what, const std::function<std::vector<client::endpoint>()>& nodes);

private:
  const settings& how_;
  std::size_t rooms_before_;
  std::size_t faults_before_;
  std::vector<std::string> rooms_;
  std::vector<std::unique_ptr<crowd>> crowds_;
  std::vector<std::size_t> first_room_; ///< Of each crowd.
};

} // namespace troupe::prove
