// storage/sqlite_revocations.hpp
#pragma once

#include "storage/revocation_store.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/write_lock.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::storage {

/// Revocations in log.db, which is what lasts of a data directory, and is in its backups; cluster.db may be removed.
/// Several processes may have it open, `troupe token revoke` beside the nodes.
///
/// Threading, errors: as the interface says; when a sync of log.db fails the process ends.
class sqlite_revocations final : public revocation_store {
public:
  struct settings {
    std::string directory;
    std::size_t entries_max = 100'000;
    /// As in `sqlite_settings`.
    std::function<void(std::string_view)> fatal;
  };

  struct opened {
    std::unique_ptr<sqlite_revocations> store; ///< Null when the log could not be opened …
    std::string failure;                       ///< … with what is wrong and what to do.
  };

  /// Opens the log, and makes the table in one that does not have it yet.
  static opened open(settings with);

  outcome put(const identity::revocation& what, time_ms now) override;
  std::optional<changes> since(std::uint64_t version, time_ms now) override;

private:
  sqlite_revocations(settings with, std::unique_ptr<write_lock> lock, std::unique_ptr<sqlite_database> database);

  outcome put_in_transaction(const identity::revocation& what, time_ms now);

  const settings settings_;
  std::unique_ptr<write_lock> lock_;
  std::unique_ptr<sqlite_database> database_;
  statement find_, forget_, count_, next_version_, put_, version_, select_;
};

} // namespace troupe::storage
