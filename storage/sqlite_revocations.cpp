#include "storage/sqlite_revocations.hpp"

#include "storage/filesystem.hpp"
#include "storage/sqlite_committer.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_schema.hpp"

#include <chrono>
#include <system_error>
#include <utility>

namespace troupe::storage {

namespace {

/// A stopped node may hold the lock for writing; somebody waits for an answer.
constexpr std::chrono::seconds lock_wait{10};

/// kind: 0 a token by its jti, 1 a user. before: tokens of the user that were issued earlier are void. version: of the put
/// that changed the row last. An older binary does not know the table and does not mind it.
constexpr const char* table = R"sql(
CREATE TABLE IF NOT EXISTS revocation(
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  before INTEGER NOT NULL,
  keep_until INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY(kind, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS revocation_version ON revocation(version);
)sql";

} // namespace

sqlite_revocations::sqlite_revocations(settings with, std::unique_ptr<write_lock> lock,
                                       std::unique_ptr<sqlite_database> database)
  : settings_(std::move(with)), lock_(std::move(lock)), database_(std::move(database)) {
  forget_ = database_->prepare("DELETE FROM revocation WHERE keep_until <= ?");
  find_ = database_->prepare("SELECT before, keep_until FROM revocation WHERE kind = ? AND name = ?");
  count_ = database_->prepare("SELECT count(*) FROM revocation");
  next_version_ = database_->prepare("INSERT INTO meta(key, value) VALUES('revocation', 1)"
                                     " ON CONFLICT(key) DO UPDATE SET value = value + 1 RETURNING value");
  put_ = database_->prepare("INSERT INTO revocation(kind, name, before, keep_until, version) VALUES(?, ?, ?, ?, ?)"
                            " ON CONFLICT(kind, name) DO UPDATE SET before = max(before, excluded.before),"
                            " keep_until = max(keep_until, excluded.keep_until), version = excluded.version");
  version_ = database_->prepare("SELECT value FROM meta WHERE key = 'revocation'");
  select_ = database_->prepare("SELECT kind, name, before, keep_until FROM revocation"
                               " WHERE version > ? AND keep_until > ? ORDER BY version");
}

sqlite_revocations::opened sqlite_revocations::open(settings with) {
  if (auto wrong = prepare_directory(with.directory))
    return {nullptr, std::move(*wrong)};
  if (!with.fatal)
    with.fatal = [](std::string_view why) { end_process(why); };
  const log_files files{with.directory};
  try {
    auto lock = std::make_unique<write_lock>(files.lock);
    std::unique_ptr<sqlite_database> database;
    {
      const write_lock::guard turn{*lock, lock_wait};
      if (!turn.held())
        return {nullptr, "the lock for writing " + files.database +
                           " is held by a process that does not go on (a stopped node?): end it, then try again"};
      database = open_for_writing(files.database);
      write_transaction whole{*database};
      if (auto wrong = make_schema(*database); !wrong.empty())
        return {nullptr, std::move(wrong)};
      database->execute(table);
      whole.commit();
    }
    return {std::unique_ptr<sqlite_revocations>{
              new sqlite_revocations{std::move(with), std::move(lock), std::move(database)}},
            {}};
  } catch (const sqlite_failure& why) {
    return {nullptr, "cannot open the revocations in " + files.database + " (" + why.what() +
                       "): check the disk's space and the directory's rights"};
  } catch (const std::system_error& why) {
    return {nullptr,
            "cannot open the revocations in " + files.database + " (" + why.what() + "): check the directory's rights"};
  }
}

revocation_store::outcome sqlite_revocations::put(const identity::revocation& what, time_ms now) {
  try {
    const write_lock::guard turn{*lock_, lock_wait};
    if (!turn.held())
      return outcome::failed;
    write_transaction whole{*database_};
    const auto result = put_in_transaction(what, now);
    whole.commit();
    return result;
  } catch (const sqlite_failure& why) {
    if (why.is_io_error())
      settings_.fatal(std::string{"the store cannot be trusted any more, ending: "} + why.what() +
                      "; check the disk, then start again");
  } catch (const std::system_error&) {
  }
  return outcome::failed;
}

revocation_store::outcome sqlite_revocations::put_in_transaction(const identity::revocation& what, time_ms now) {
  const auto kind = static_cast<int>(what.what);
  forget_.run(now);
  bool known = false;
  {
    auto row = find_.query(kind, what.name);
    known = row.next();
    if (known && row.integer(0) >= what.before && row.integer(1) >= what.keep_until)
      return outcome::stored;
  }
  if (!known) {
    auto row = count_.query();
    if (row.next() && row.number(0) >= settings_.entries_max)
      return outcome::full;
  }
  std::uint64_t version = 0;
  {
    auto row = next_version_.query();
    if (row.next())
      version = row.number(0);
  }
  put_.run(kind, what.name, what.before, what.keep_until, version);
  return outcome::stored;
}

std::optional<revocation_store::changes> sqlite_revocations::since(std::uint64_t version, time_ms now) {
  try {
    const read_transaction whole{*database_};
    changes found;
    if (auto row = version_.query(); row.next())
      found.version = row.number(0);
    if (found.version == version)
      return found;
    // A lower version than the caller's: the log was restored from a backup.
    auto rows = select_.query(found.version < version ? std::uint64_t{0} : version, now);
    while (rows.next())
      found.entries.push_back({static_cast<identity::revocation::kind>(rows.integer(0)), std::string{rows.text(1)},
                               rows.integer(2), rows.integer(3)});
    return found;
  } catch (const sqlite_failure&) {
    return std::nullopt;
  }
}

} // namespace troupe::storage
