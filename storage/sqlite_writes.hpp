// storage/sqlite_writes.hpp
//
// What a room writes, as SQL.
#pragma once

#include "storage/message_log.hpp"
#include "storage/ownership.hpp"
#include "storage/sqlite_database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace troupe::storage {

/// A prune at work: big ones take several commits, so that nobody waits long for them.
struct prune_progress {
  prune_result result;
  bool finished = true;
  std::optional<std::string> sent_user; ///< Where the removal of old cids goes on.
};

/// The write operations of message_log, each inside a transaction somebody else holds.
///
/// A refused operation leaves no trace; the transaction goes on.
/// Threading: that of the database.
/// Errors:    `sqlite_failure`, after which the whole transaction has to be rolled back
///            and `forget` be called.
class sqlite_writes {
public:
  explicit sqlite_writes(sqlite_database& database);

  /// Most messages, and most old cids, that one step of a prune removes.
  static constexpr std::uint32_t prune_step_rows = 1'000;

  void begin() noexcept { ownership_.begin(); }
  /// After a rollback: rooms that were made in the transaction are not there.
  void forget() noexcept { rooms_.clear(); }

  append_result append(const run& what);
  /// Makes the room when it is missing and `may_create`; else answers `full`.
  status open(const opening& what, bool may_create);
  status change_member(const member_change& what);
  /// One step of the prune; `state` is what the step before gave.
  void prune_room(const prune& what, prune_progress& state);

  ownership& owners() noexcept { return ownership_; }

private:
  struct room_ref {
    std::int64_t id = 0;
    std::string epoch;
  };
  const room_ref* find_room(const std::string& name);
  bool fenced(const std::string& room, term_t term);
  seq_t head_of(std::int64_t room);
  /// False when its cid is known.
  bool insert(std::int64_t room, term_t term, const record& what);
  void erase_bodies(std::int64_t room, seq_t target);
  std::vector<duplicate> find_duplicates(std::int64_t room, const run& what);
  void drop_messages(std::int64_t room, const prune& what, prune_progress& state);
  void change_roles(std::int64_t room, const role_change& what);
  void drop_sent(std::int64_t room, time_ms floor, prune_progress& state);

  sqlite_database& database_;
  ownership ownership_;
  std::unordered_map<std::string, room_ref> rooms_; ///< Rooms are never removed, so this cannot be wrong.

  statement savepoint_, release_, roll_back_;
  statement select_room_, insert_room_, select_head_;
  statement insert_message_, insert_sent_, select_sent_, select_message_;
  statement erase_target_, erase_edits_, insert_push_;
  statement put_member_, drop_member_, rooms_of_;
  statement put_role_, drop_role_, update_slow_mode_;
  statement select_marks_, first_not_older_, chain_at_, delete_messages_, update_min_, update_floor_;
  statement next_sent_user_, delete_sent_;
};

} // namespace troupe::storage
