#include "tests/support/room_history.hpp"

#include "checker/observed.hpp"
#include "protocol/chain.hpp"

#include <limits>

namespace troupe::tests {

void append_room_history(storage::message_log& log, const std::string& room, checker::event_sink& into) {
  constexpr auto all = std::numeric_limits<std::uint32_t>::max();
  storage::room_head head;
  log.open({room, std::numeric_limits<storage::term_t>::max(), "none", 0, all},
           [&](storage::open_result got) { head = std::move(got.head); });
  storage::page_query query;
  query.room = room;
  query.after = head.min - 1;
  query.limit = all;
  query.bytes_max = all;
  query.raw = true;
  log.page(query, [&](const storage::page_result& page) {
    checker::final_history history{into, room, head.epoch, head.min, head.head, protocol::to_hex(page.prev)};
    for (const auto& row : page.entries)
      history.row(row);
  });
}

} // namespace troupe::tests
