// storage/sqlite_committer.hpp
//
// One batch, one transaction, one sync; and what is done when the disk says no.
#pragma once

#include "storage/counters.hpp"
#include "storage/message_log.hpp"
#include "storage/reserve_file.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_writes.hpp"
#include "storage/write_lock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::storage {

/// A write on its way to a commit, with who waits for it and what it came to.
struct pending_write {
  struct append {
    run what;
    done<append_result> then;
    append_result result;
  };
  struct open {
    opening what;
    done<open_result> then;
    status result = status::unknown;
  };
  struct member {
    member_change what;
    done<status> then;
    status result = status::unknown;
  };
  struct prune {
    storage::prune what;
    done<prune_result> then;
    prune_progress progress;
  };
  std::variant<append, open, member, prune> what;

  const std::string& room() const {
    return std::visit([](const auto& w) -> const std::string& { return w.what.room; }, what);
  }
  std::uint32_t messages() const {
    const auto* run = std::get_if<append>(&what);
    return run ? static_cast<std::uint32_t>(run->what.records.size()) : 1;
  }
};

/// What goes on after a commit, elsewhere.
struct after_commit {
  /// The room is there: load its head and answer.
  std::function<void(opening, done<open_result>)> load_head;
  /// A prune has more to do; false when it cannot wait any more.
  std::function<bool(pending_write&&)> again;
};

struct commit_settings {
  /// Ends the process after a message for the operator; must not return in production.
  std::function<void(std::string_view)> fatal;
  /// Says what an operator should see; may be left out.
  std::function<void(std::string_view)> warn;
  int checkpoint_pages = 3'072; ///< A checkpoint begins at that many pages of write-ahead log …
  int truncate_pages = 16'384;  ///< … and beyond this one it waits for readers and starts the file anew.
};

/// Executes batches of writes on one connection.
///
/// Durability: a write is answered `ok` after COMMIT has returned, which with
///             synchronous=FULL is after the sync. When a sync or a write reports an
///             error the process ends: the kernel may have dropped the pages, so nothing
///             that was read since can be trusted.
/// Disk full:  everything but opens of rooms that are there is answered `full`, until
///             the reserve could be made again. Its absence tells every process.
/// Refusals:   what SQLite refuses for another reason is answered `overloaded`, and told; when it goes on for
///             five seconds, and no other process holds the database, the process ends, so that another
///             node takes over.
/// Threading:  one thread at a time.
class sqlite_committer {
public:
  sqlite_committer(sqlite_database& database, write_lock& lock, reserve_file& reserve, commit_settings settings,
                   after_commit next, log_counters& counters);

  void execute(std::vector<pending_write>& batch);

  sqlite_writes& writes() noexcept { return writes_; }

private:
  void transact(std::vector<pending_write>& batch);
  void apply(pending_write& write);
  void answer(std::vector<pending_write>& batch);
  void answer_early(std::vector<pending_write>& batch);
  void answer_all(std::vector<pending_write>& batch, status with);
  void roll_back() noexcept;
  void note_full();
  void enter_full();
  sqlite_database::checkpoint_row checkpoint(sqlite_database::checkpoint_mode how);
  void look_after_wal();
  void checkpoint_if_due();
  void note_failure(const sqlite_failure& why);
  void die(const sqlite_failure& why);

  sqlite_database& database_;
  write_lock& lock_;
  reserve_file& reserve_;
  const commit_settings settings_;
  const after_commit next_;
  log_counters& counters_;
  sqlite_writes writes_;
  statement begin_, commit_;
  bool full_ = false;
  std::chrono::steady_clock::time_point failing_since_{}; ///< The epoch: the last commit succeeded.
  std::chrono::steady_clock::time_point warned_at_{};
  bool dead_ = false; ///< The fatal callback came back, which only tests do.
  int next_checkpoint_;
  int last_pages_ = 0; ///< Of the write-ahead log, when this process committed last.
};

/// Prints one line and ends the process at once, without running destructors.
[[noreturn]] void end_process(std::string_view why);

} // namespace troupe::storage
