#include "actors/cluster/remote_room.hpp"

#include <utility>

namespace troupe::actors {

remote_room::remote_room(caf::actor_config& config, actor_unit& unit, std::string name, storage::term_t term,
                         link_actor link)
  : unit_actor(config, unit), room_(std::move(name)), term_(term), link_(std::move(link)) {}

remote_room::behavior_type remote_room::make_behavior() {
  return {
    [this](to_room::command& what) {
      send(link_, encode_item(for_room{room_, term_, std::move(what)}));
    },
    [](const new_relay&) {},
    [](const alarm_rang&) {},
    [](const survey_room&) {},
  };
}

void remote_room::on_exit() { link_ = nullptr; }

} // namespace troupe::actors
