#include "storage/ownership.hpp"

namespace troupe::storage {

ownership::ownership(sqlite_database& database)
  : term_of_(database.prepare("SELECT term FROM shard WHERE shard = ?")) {}

bool ownership::holds(shard_id shard, term_t term) {
  auto& seen = seen_[shard];
  if (!seen) {
    auto rows = term_of_.query(shard);
    seen = rows.next() ? rows.number(0) : 0;
  }
  return term != 0 && *seen == term;
}

} // namespace troupe::storage
