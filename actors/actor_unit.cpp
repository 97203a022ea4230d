#include "actors/actor_unit.hpp"

#include <chrono>

namespace troupe::actors {

void actor_unit::remind(const caf::strong_actor_ptr& whom, std::int64_t delay_ms, alarm_rang what) {
  auto& clock = system().clock();
  clock.schedule_message(clock.now() + std::chrono::milliseconds(delay_ms), whom,
                         caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, what));
}

} // namespace troupe::actors
