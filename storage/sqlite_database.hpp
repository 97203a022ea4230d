// storage/sqlite_database.hpp
//
// The few things we need of SQLite's C interface, with owners.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe::storage {

/// Something SQLite could not do. Stays inside storage/: the log turns it into a status.
class sqlite_failure : public std::runtime_error {
public:
  sqlite_failure(int extended_code, int system_error, const std::string& what)
    : std::runtime_error(what), code_(extended_code), system_error_(system_error) {}

  int extended_code() const noexcept { return code_; }
  int code() const noexcept { return code_ & 0xff; }
  int system_error() const noexcept { return system_error_; }

  /// No space: nothing of the transaction was stored.
  bool is_full() const noexcept;
  /// The medium or the file is not to be trusted any more.
  bool is_io_error() const noexcept;

private:
  int code_;
  int system_error_;
};

using bytes_view = std::span<const std::uint8_t>;

/// A prepared statement.
///
/// Threading: one thread at a time, that of its database.
/// Lifetime:  must not outlive its database.
class statement {
public:
  statement() = default;
  statement(statement&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  statement& operator=(statement&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~statement();

  /// The rows of one execution; resets the statement at its end.
  class rows {
  public:
    explicit rows(statement& of) noexcept : of_(of) {}
    rows(const rows&) = delete;
    ~rows();

    /// Steps to the next row; false after the last. Throws `sqlite_failure`.
    bool next();

    std::int64_t integer(int column) const;
    std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    /// Good until the next step.
    std::string_view text(int column) const;
    /// Good until the next step.
    bytes_view blob(int column) const;

  private:
    statement& of_;
  };

  /// Binds the parameters in order and gives the rows. Texts and blobs are not copied:
  /// they have to last as long as the rows.
  template <class... Parameters>
  [[nodiscard]] rows query(const Parameters&... parameters) {
    int at = 0;
    (bind(++at, parameters), ...);
    return rows{*this};
  }

  /// Executes a statement that gives no rows. Throws `sqlite_failure`.
  template <class... Parameters>
  void run(const Parameters&... parameters) {
    query(parameters...).next();
  }

private:
  friend class sqlite_database;
  explicit statement(sqlite3_stmt* raw) noexcept : raw_(raw) {}

  void bind(int at, std::int64_t value);
  void bind(int at, std::uint64_t value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, std::uint32_t value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, std::uint16_t value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, int value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, std::string_view value);
  void bind(int at, bytes_view value);

  sqlite3_stmt* raw_ = nullptr;
};

/// A connection to one database file.
///
/// Threading: one thread at a time; SQLite runs without its own locks.
/// Errors:    `sqlite_failure`.
class sqlite_database {
public:
  enum class access { read_write_create, read_write };

  /// How long a connection waits for another process (a shell, a backup) that holds a lock.
  static constexpr int busy_ms = 5'000;

  sqlite_database(const std::string& path, access how);
  sqlite_database(const sqlite_database&) = delete;
  sqlite_database& operator=(const sqlite_database&) = delete;
  ~sqlite_database();

  /// One or more statements whose rows, if any, are not of interest.
  void execute(const char* sql);
  void execute(const std::string& sql) { execute(sql.c_str()); }

  /// The first column of the first row; empty without one.
  std::string first_text(const char* sql);
  std::int64_t first_integer(const char* sql);

  /// To be kept and used many times.
  statement prepare(std::string_view sql);

  /// Rows changed by the last insert, update or delete.
  int changes() const;
  std::int64_t last_insert_rowid() const;
  void wait_when_busy(int at_most_ms);
  /// No transaction is open.
  bool autocommit() const;

  struct checkpoint_row {
    bool busy = false;
    int wal_pages = 0;
    int copied_pages = 0;
  };
  enum class checkpoint_mode { passive, full, restart, truncate };
  checkpoint_row checkpoint(checkpoint_mode how);

  /// Pages in the write-ahead log after the last commit of this connection.
  int wal_pages() const noexcept { return wal_pages_; }

  sqlite3* raw() noexcept { return raw_; }

private:
  sqlite3* raw_ = nullptr;
  int wal_pages_ = 0;
};

/// Holds a read transaction: everything read meanwhile is of one state.
class read_transaction {
public:
  explicit read_transaction(sqlite_database& of);
  read_transaction(const read_transaction&) = delete;
  ~read_transaction();

private:
  sqlite_database& of_;
};

/// Holds a write transaction, which is rolled back unless `commit` returned.
class write_transaction {
public:
  explicit write_transaction(sqlite_database& of);
  write_transaction(const write_transaction&) = delete;
  ~write_transaction();

  void commit();

private:
  sqlite_database& of_;
};

} // namespace troupe::storage
