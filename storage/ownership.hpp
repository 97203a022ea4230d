// storage/ownership.hpp
//
// Who may write which shard.
#pragma once

#include "storage/message_log.hpp"
#include "storage/sqlite_database.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::storage {

/// The terms under which an owner holds its shards; 0 where it holds none.
struct shard_claim {
  std::uint64_t incarnation = 0; ///< Counts the starts on this log.
  std::array<term_t, shard_count> terms{};
};

/// The table `shard`: the truth about owners and terms.
///
/// Every write of a room reads its shard's row in its own transaction, so a takeover
/// either waits for that transaction or refuses it.
/// Threading: that of the database.
/// Errors:    `sqlite_failure`.
class ownership {
public:
  explicit ownership(sqlite_database& database);

  /// Takes every shard for `owner`, each under a term one higher than before. To be
  /// called inside a write transaction.
  shard_claim claim_shards(std::string_view owner);

  /// A new transaction begins: what was read of the table before does not count.
  void begin() noexcept { seen_.fill({}); }

  /// `term` is the one under which `shard` is owned now. Reads each row once a transaction.
  bool holds(shard_id shard, term_t term);

private:
  sqlite_database& database_;
  statement term_of_;
  std::array<std::optional<term_t>, shard_count> seen_{};
};

} // namespace troupe::storage
