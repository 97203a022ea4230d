#include "actors/cluster/peers.hpp"

#include <utility>

namespace troupe::actors {

void relay_address::tell(from_room::news what) const {
  if (here_)
    caf::anon_send(here_, to_relay::command{to_relay::heard{std::move(what)}});
  else if (there_)
    caf::anon_send(there_, encode_item(for_relay{room_, term_, std::move(what)}, turn_));
}

bool relay_address::when_it_takes_pages(std::function<void(const relay_address&)> read, bool may_be_refused) const {
  if (!pages_) {
    read(*this);
    return true;
  }
  return pages_->wait_for(
    [to = *this, read = std::move(read)](page_turns::turn mine) {
      auto in_turn = to;
      in_turn.turn_ = std::move(mine);
      read(in_turn);
    },
    may_be_refused);
}

} // namespace troupe::actors
