#include "actors/cluster/peers.hpp"

namespace troupe::actors {

void relay_address::tell(from_room::news what) const {
  if (here_)
    caf::anon_send(here_, to_relay::command{to_relay::heard{std::move(what)}});
  else if (there_)
    caf::anon_send(there_, encode_item(for_relay{room_, term_, std::move(what)}));
}

} // namespace troupe::actors
