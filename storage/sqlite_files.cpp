#include "storage/sqlite_files.hpp"

#include <chrono>
#include <thread>

namespace troupe::storage {

namespace {

constexpr std::chrono::seconds settle_max{30};
constexpr std::chrono::milliseconds settle_retry{20};

/// Beside others: how often, and how long each time the others' writes wait for it.
constexpr int shared_tries = 20;
constexpr std::chrono::milliseconds shared_lock_wait{100};
constexpr int shared_busy_ms = 50;

} // namespace

std::unique_ptr<sqlite_database> open_for_writing(const std::string& path) {
  auto database = std::make_unique<sqlite_database>(path, sqlite_database::access::read_write_create);
  // Statement journals of savepoints stay in memory. Erased bodies are overwritten where
  // their page is written anyway.
  database->execute("PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;"
                    " PRAGMA secure_delete = FAST; PRAGMA foreign_keys = OFF");
  database->execute("PRAGMA synchronous = FULL");
  if (const auto mode = database->first_text("PRAGMA journal_mode = WAL"); mode != "wal")
    throw sqlite_failure{0, 0, path + " cannot be used with a write-ahead log (journal mode stays " + mode + ")"};
  return database;
}

std::string settle_write_ahead_log(sqlite_database& database) {
  const auto deadline = std::chrono::steady_clock::now() + settle_max;
  for (;;) {
    const auto row = database.checkpoint(sqlite_database::checkpoint_mode::truncate);
    if (!row.busy && row.wal_pages == row.copied_pages)
      return {};
    if (std::chrono::steady_clock::now() > deadline)
      return "another process has log.db open for reading and does not end: stop it (a shell, a backup), then start "
             "again";
    std::this_thread::sleep_for(settle_retry);
  }
}

void settle_beside_others(sqlite_database& database, write_lock& lock) {
  database.wait_when_busy(shared_busy_ms);
  for (int i = 0; i < shared_tries; ++i) {
    {
      const write_lock::guard turn{lock, shared_lock_wait};
      if (turn.held()) {
        const auto row = database.checkpoint(sqlite_database::checkpoint_mode::full);
        if (!row.busy && row.wal_pages == row.copied_pages)
          break;
      }
    }
    std::this_thread::sleep_for(settle_retry);
  }
  database.wait_when_busy(sqlite_database::busy_ms);
}

} // namespace troupe::storage
