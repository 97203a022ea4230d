#include "storage/sqlite_database.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <mutex>

namespace troupe::storage {

namespace {

/// What holds for the whole process: a connection is used by one thread at a time, so
/// SQLite needs no locks of its own, nor its memory statistics, which are one lock for all.
void set_up_process() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
  });
}

/// Throws what the last call on `raw` came to. SQLite keeps no errno when a statement
/// fails, so callers clear it before the call.
[[noreturn]] void fail(sqlite3* raw, const std::string& doing) {
  const int system_error = errno;
  throw sqlite_failure{sqlite3_extended_errcode(raw), system_error, doing + ": " + sqlite3_errmsg(raw)};
}

int remember_wal_pages(void* target, sqlite3*, const char*, int pages) {
  *static_cast<int*>(target) = pages;
  return SQLITE_OK;
}

} // namespace

bool sqlite_failure::is_full() const noexcept {
  // The index of the write-ahead log is a file too; SQLite has no code of its own for a
  // disk that has no room for it.
  return code() == SQLITE_FULL ||
         (extended_code() == SQLITE_IOERR_SHMSIZE && (system_error() == ENOSPC || system_error() == EDQUOT));
}

bool sqlite_failure::is_io_error() const noexcept {
  return !is_full() && (code() == SQLITE_IOERR || code() == SQLITE_CORRUPT || code() == SQLITE_NOTADB);
}

// -- statement ----------------------------------------------------------------------

statement::~statement() { sqlite3_finalize(raw_); }

void statement::bind(int at, std::int64_t value) { sqlite3_bind_int64(raw_, at, value); }

void statement::bind(int at, std::string_view value) {
  sqlite3_bind_text(raw_, at, value.empty() ? "" : value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
}

void statement::bind(int at, bytes_view value) {
  sqlite3_bind_blob(raw_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
}

statement::rows::~rows() { sqlite3_reset(of_.raw_); }

bool statement::rows::next() {
  errno = 0;
  switch (sqlite3_step(of_.raw_)) {
  case SQLITE_ROW: return true;
  case SQLITE_DONE: return false;
  default: fail(sqlite3_db_handle(of_.raw_), sqlite3_sql(of_.raw_));
  }
}

std::int64_t statement::rows::integer(int column) const { return sqlite3_column_int64(of_.raw_, column); }

std::string_view statement::rows::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(of_.raw_, column));
  return {start, start ? static_cast<std::size_t>(sqlite3_column_bytes(of_.raw_, column)) : 0};
}

bytes_view statement::rows::blob(int column) const {
  const auto* start = static_cast<const std::uint8_t*>(sqlite3_column_blob(of_.raw_, column));
  return {start, start ? static_cast<std::size_t>(sqlite3_column_bytes(of_.raw_, column)) : 0};
}

// -- sqlite_database ------------------------------------------------------------------

sqlite_database::sqlite_database(const std::string& path, access how) {
  set_up_process();
  const int flags =
    SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | (how == access::read_write_create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path.c_str(), &raw_, flags, nullptr) != SQLITE_OK) {
    const sqlite_failure failure{sqlite3_extended_errcode(raw_), sqlite3_system_errno(raw_),
                                 path + ": " + sqlite3_errmsg(raw_)};
    sqlite3_close(raw_);
    throw failure;
  }
  wait_when_busy(busy_ms);
  sqlite3_wal_hook(raw_, remember_wal_pages, &wal_pages_); // also ends the automatic checkpoints
}

sqlite_database::~sqlite_database() { sqlite3_close(raw_); }

void sqlite_database::execute(const char* sql) {
  errno = 0;
  if (sqlite3_exec(raw_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(raw_, sql);
}

std::string sqlite_database::first_text(const char* sql) {
  auto once = prepare(sql);
  auto rows = once.query();
  return rows.next() ? std::string{rows.text(0)} : std::string{};
}

std::int64_t sqlite_database::first_integer(const char* sql) {
  auto once = prepare(sql);
  auto rows = once.query();
  return rows.next() ? rows.integer(0) : 0;
}

statement sqlite_database::prepare(std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v3(raw_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr) !=
      SQLITE_OK)
    fail(raw_, std::string{sql});
  return statement{made};
}

int sqlite_database::changes() const { return sqlite3_changes(raw_); }

std::int64_t sqlite_database::last_insert_rowid() const { return sqlite3_last_insert_rowid(raw_); }

void sqlite_database::wait_when_busy(int at_most_ms) { sqlite3_busy_timeout(raw_, at_most_ms); }

bool sqlite_database::autocommit() const { return sqlite3_get_autocommit(raw_) != 0; }

sqlite_database::checkpoint_row sqlite_database::checkpoint(checkpoint_mode how) {
  static_assert(SQLITE_CHECKPOINT_PASSIVE == 0 && SQLITE_CHECKPOINT_FULL == 1 && SQLITE_CHECKPOINT_RESTART == 2 &&
                SQLITE_CHECKPOINT_TRUNCATE == 3);
  checkpoint_row row;
  errno = 0;
  const auto code = sqlite3_wal_checkpoint_v2(raw_, nullptr, static_cast<int>(how), &row.wal_pages, &row.copied_pages);
  if ((code & 0xff) == SQLITE_BUSY)
    row.busy = true;
  else if (code != SQLITE_OK)
    fail(raw_, "checkpoint");
  if (!row.busy && row.wal_pages >= 0 && row.wal_pages == row.copied_pages)
    wal_pages_ = 0;
  return row;
}

read_transaction::read_transaction(sqlite_database& of) : of_(of) { of_.execute("BEGIN"); }

read_transaction::~read_transaction() {
  // A read cannot fail to end; after an error the transaction may be gone already.
  if (!of_.autocommit())
    sqlite3_exec(of_.raw(), "COMMIT", nullptr, nullptr, nullptr);
}

write_transaction::write_transaction(sqlite_database& of) : of_(of) { of_.execute("BEGIN IMMEDIATE"); }

write_transaction::~write_transaction() {
  // When it fails the transaction is gone all the same, or the next BEGIN reports it.
  if (!of_.autocommit())
    sqlite3_exec(of_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void write_transaction::commit() { of_.execute("COMMIT"); }

} // namespace troupe::storage
