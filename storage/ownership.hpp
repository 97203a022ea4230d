// storage/ownership.hpp
//
// Who may write which shard.
#pragma once

#include "storage/message_log.hpp"
#include "storage/sqlite_database.hpp"

#include <array>
#include <optional>

namespace troupe::storage {

/// The fence of a log: the terms of the table `shard`, which a membership_store changes.
///
/// Every write of a room reads its shard's row in its own transaction, so a takeover, by
/// whatever process, either waits for that transaction or refuses it.
/// Threading: that of the database.
/// Errors:    `sqlite_failure`.
class ownership {
public:
  explicit ownership(sqlite_database& database);

  /// A new transaction begins: what was read of the table before does not count.
  void begin() noexcept { seen_.fill({}); }

  /// `term` is the one under which `shard` is owned now; never 0, which is nobody's. Reads
  /// each row once a transaction.
  bool holds(shard_id shard, term_t term);

private:
  statement term_of_;
  std::array<std::optional<term_t>, shard_count> seen_{};
};

} // namespace troupe::storage
