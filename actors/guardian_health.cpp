// What an operator can ask a guardian about a room.
#include "actors/guardian.hpp"

#include <utility>

namespace troupe::actors {

void guardian::note_fault(const std::string& room, const char* actor, const caf::error& why) {
  if (faults_.size() >= faults_max)
    faults_.pop_front();
  faults_.emplace_back(room, room_fault{around_.now(), actor, system().render(why)});
}

/// Only what is there is asked: to look at a room does not bring it into memory.
void guardian::report(const survey_room& what) {
  auto& report = what.into->report;
  for (const auto& [room, fault] : faults_)
    if (room == what.room())
      report.faults.push_back(fault);
  const auto i = rooms_.find(what.room());
  if (i == rooms_.end())
    return;
  const auto& hosted = i->second;
  report.quarantined = hosted.quarantined;
  report.crashes = static_cast<std::uint32_t>(hosted.crashes.size());
  if (is_here(hosted))
    send(hosted.room, survey_room{what.into});
  if (hosted.relay)
    send(hosted.relay, survey_room{what.into});
}

} // namespace troupe::actors
