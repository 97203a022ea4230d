// storage/sqlite_log.hpp
//
// The embedded store: rooms that outlive the process, in one file.
#pragma once

#include "config/options.hpp"
#include "storage/counters.hpp"
#include "storage/message_log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::storage {

struct sqlite_settings {
  config::store_options store;
  /// What to do when the disk cannot be trusted any more; prints a line and ends the
  /// process when empty.
  std::function<void(std::string_view)> fatal;
  /// Says what an operator should see; may be left out.
  std::function<void(std::string_view)> warn;
};

/// The log of rooms with `durability = "disk"`: SQLite in WAL mode with synchronous=FULL.
///
/// Files in the directory: log.db (with its -wal and -shm), log.lock (the writers' queue),
/// log.users (who has it open), log.reserve (space for a full disk). Several processes of one
/// machine may have it open.
///
/// Ordering:   of one room as message_log says; different rooms share commits in turn.
/// Durability: see sqlite_committer.
/// Threading:  any thread; one thread writes, `store_options::readers` read. A `done` runs
///             on one of them, or on the caller's when the answer is `overloaded`.
/// Fence:      a write under another term than its shard's row says is `fenced`; terms are
///             given by a membership_store (sqlite_membership, or sole_owner).
/// Lifetime:   the destructor carries out and answers what waits.
/// Overload:   `store_options::queue_max` messages and `reads_waiting_max` reads wait.
class sqlite_log final : public message_log {
public:
  static constexpr std::size_t reads_waiting_max = 16'384;

  struct started {
    std::unique_ptr<sqlite_log> log; ///< Null when the log could not be opened …
    std::string failure;             ///< … with what is wrong and what to do.
  };

  /// Opens or makes the log, and brings what the last process left in the write-ahead log
  /// safely into the database.
  static started start(sqlite_settings settings);

  ~sqlite_log() override;

  const log_counters& counters() const noexcept;

  // -- message_log ----------------------------------------------------------------
  protocol::durability durable() const override { return protocol::durability::disk; }
  void open(opening what, done<open_result> then) override;
  void append(run what, done<append_result> then) override;
  void page(page_query what, done<page_result> then) override;
  void find(std::string room, seq_t seq, done<find_result> then) override;
  void change_member(member_change what, done<status> then) override;
  void prune_room(prune what, done<prune_result> then) override;
  void inbox(inbox_query what, done<inbox_result> then) override;
  void release(std::string room) override;
  std::uint32_t run_records_wanted() const noexcept override;

private:
  struct parts;
  explicit sqlite_log(std::unique_ptr<parts> with);

  std::unique_ptr<parts> parts_;
};

} // namespace troupe::storage
