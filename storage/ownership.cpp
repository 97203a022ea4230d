#include "storage/ownership.hpp"

namespace troupe::storage {

ownership::ownership(sqlite_database& database)
  : database_(database), term_of_(database.prepare("SELECT term FROM shard WHERE shard = ?")) {}

shard_claim ownership::claim_shards(std::string_view owner) {
  shard_claim claim;
  database_.execute("INSERT INTO meta(key, value) VALUES('incarnation', 1)"
                    " ON CONFLICT(key) DO UPDATE SET value = value + 1");
  claim.incarnation =
    static_cast<std::uint64_t>(database_.first_integer("SELECT value FROM meta WHERE key = 'incarnation'"));

  auto raise = database_.prepare("INSERT INTO shard(shard, owner, incarnation, term) VALUES(?1, ?2, ?3, 1)"
                                 " ON CONFLICT(shard) DO UPDATE SET owner = ?2, incarnation = ?3, term = term + 1");
  for (shard_id shard = 0; shard < shard_count; ++shard)
    raise.run(shard, owner, claim.incarnation);

  auto terms = database_.prepare("SELECT shard, term FROM shard WHERE shard BETWEEN 0 AND 255");
  for (auto rows = terms.query(); rows.next();)
    claim.terms[static_cast<std::size_t>(rows.integer(0))] = rows.number(1);
  begin();
  return claim;
}

bool ownership::holds(shard_id shard, term_t term) {
  auto& seen = seen_[shard];
  if (!seen) {
    auto rows = term_of_.query(shard);
    seen = rows.next() ? rows.number(0) : 0;
  }
  return *seen == term;
}

} // namespace troupe::storage
