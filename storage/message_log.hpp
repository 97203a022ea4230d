// storage/message_log.hpp
//
// What lasts of a room, behind one interface that every backend passes one contract
// test for (tests/storage/message_log_contract.hpp).
#pragma once

#include "protocol/chain.hpp"
#include "protocol/errors.hpp"
#include "protocol/messages.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::storage {

using protocol::digest_bytes;
using protocol::salt_bytes;
using protocol::seq_t;
using protocol::time_ms;

using shard_id = std::uint16_t; ///< 0 … shard_count − 1
using term_t = std::uint64_t;   ///< The fence of a shard's owner; raised by every takeover.

inline constexpr shard_id shard_count = 256;

/// The shard a room or a user belongs to: XXH3 of the name modulo `shard_count`. Fixed for ever.
shard_id shard_of(std::string_view name);

/// One event of a room's log, as the room numbered and chained it.
struct record {
  seq_t seq = 0;
  time_ms time = 0;
  std::string user;
  std::string cid; ///< Empty in what the server itself says: no retry of it is recognised.
  std::string kind;
  std::string body;
  salt_bytes salt{};     ///< All zero when redacted.
  digest_bytes digest{}; ///< body_digest(salt, body); outlives a redaction.
  seq_t reply_to = 0;
  seq_t target = 0;
  digest_bytes chain{};
  bool redacted = false; ///< Body and salt were erased by a later `delete`.
  bool operator==(const record&) const = default;
};
BOOST_DESCRIBE_STRUCT(record, (), (seq, time, user, cid, kind, body, salt, digest, reply_to, target, chain, redacted))

/// What an operation came to.
enum class status : std::uint8_t {
  ok = 1,
  fenced = 2,       ///< Another owner has the shard: surely not stored.
  duplicate = 3,    ///< Some (user, cid) are stored already: nothing of the run was stored.
  seq_mismatch = 4, ///< The log's head is not first − 1, or its epoch another: nothing was stored; rebuild.
  full = 5,         ///< No space: surely not stored.
  unknown = 6,      ///< It may or may not have been stored: rebuild before the next run.
  overloaded = 7,   ///< The queue of the store is full: surely not stored.
  not_found = 8,
  too_many_rooms = 9, ///< The user belongs to `member_change::user_rooms_max` rooms: surely not stored.
};
BOOST_DESCRIBE_ENUM(status, ok, fenced, duplicate, seq_mismatch, full, unknown, overloaded, not_found, too_many_rooms)

/// What moderators have decided about a user; unlike a member_row it outlives the belonging.
struct role_row {
  std::string user;
  std::string role;         ///< owner, moderator, member, reader; empty = what the room gives everybody.
  time_ms banned_until = 0; ///< 0 = not banned.
  time_ms muted_until = 0;  ///< 0 = not muted.
  bool operator==(const role_row&) const = default;
};
BOOST_DESCRIBE_STRUCT(role_row, (), (user, role, banned_until, muted_until))

inline bool says_nothing(const role_row& row) {
  return row.role.empty() && row.banned_until == 0 && row.muted_until == 0;
}

/// What an event of moderation changes beside the log itself, taken with it or not at all.
struct role_change {
  std::optional<role_row> row;              ///< Replaces that user's; one that says nothing removes it.
  bool ends_belonging = false;              ///< Also removes that user's member_row.
  std::optional<std::int64_t> slow_mode_ms; ///< The room's from now on; 0 = off.
  bool operator==(const role_change&) const = default;
};
BOOST_DESCRIBE_STRUCT(role_change, (), (row, ends_belonging, slow_mode_ms))

/// Messages of one room with consecutive seqs, taken whole or not at all.
struct run {
  std::string room;
  term_t term = 0;
  std::string epoch;
  std::vector<record> records; ///< 1 … run_records_max
  bool push = false;           ///< Each message also writes a row of the push outbox.
  role_change change = {};     ///< What the run changes; stored in the same transaction.
};
BOOST_DESCRIBE_STRUCT(run, (), (room, term, epoch, records, push, change))

inline constexpr std::size_t run_records_max = 256;

/// A (user, cid) of the run that the log had already.
struct duplicate {
  std::uint32_t index = 0;       ///< Into `run::records`.
  seq_t seq = 0;                 ///< The first one it got; 0 when the run itself names the cid twice.
  digest_bytes digest{};         ///< Of the stored body.
  std::optional<record> message; ///< While the row is still held.
};
BOOST_DESCRIBE_STRUCT(duplicate, (), (index, seq, digest, message))

struct append_result {
  storage::status status = storage::status::unknown;
  std::vector<duplicate> duplicates;
};
BOOST_DESCRIBE_STRUCT(append_result, (), (status, duplicates))

/// A user's belonging to a room. The role is the one they came with; a role_row goes before it.
struct member_row {
  std::string user;
  std::string role; ///< owner, moderator, member, reader
  seq_t read = 0;
  seq_t recv = 0;
  bool operator==(const member_row&) const = default;
};
BOOST_DESCRIBE_STRUCT(member_row, (), (user, role, read, recv))

/// Where a user stands in a room: a member_row without the name, for maps whose key is the name.
struct standing {
  std::string role;
  seq_t read = 0;
  seq_t recv = 0;
};
BOOST_DESCRIBE_STRUCT(standing, (), (role, read, recv))

inline member_row row_of(std::string user, standing where) {
  return {std::move(user), std::move(where.role), where.read, where.recv};
}

/// Where a room's log stands; what a room is rebuilt from.
struct room_head {
  std::string epoch;
  seq_t head = 0;       ///< 0 while nothing was sent.
  time_ms time = 0;     ///< Of the head; never goes back.
  digest_bytes chain{}; ///< At the head; chain_start when empty.
  seq_t min = 1;        ///< The oldest seq still held.
  time_ms floor = 0;    ///< cids with an older ULID time are refused; only rises.
  std::vector<member_row> members;
  std::vector<record> recent; ///< The newest records, ascending, at most `opening::recent`.
  std::vector<role_row> roles;
  std::optional<std::int64_t> slow_mode_ms; ///< Nothing while no moderator has set it.
};
BOOST_DESCRIBE_STRUCT(room_head, (), (epoch, head, time, chain, min, floor, members, recent, roles, slow_mode_ms))

/// How a room is opened.
struct opening {
  std::string room;
  term_t term = 0;
  std::string fresh_epoch;  ///< Used when the room is new (or a memory room that was lost).
  std::uint32_t recent = 0; ///< How many records to load.
  std::uint32_t ring = 0;   ///< Memory rooms: how many messages the ring holds.
};
BOOST_DESCRIBE_STRUCT(opening, (), (room, term, fresh_epoch, recent, ring))

struct open_result {
  storage::status status = storage::status::unknown;
  room_head head;
};
BOOST_DESCRIBE_STRUCT(open_result, (), (status, head))

/// Reads `limit` records after `after`, or before `before`, or the newest.
struct page_query {
  std::string room;
  std::optional<seq_t> after;
  std::optional<seq_t> before;
  seq_t up_to = 0; ///< Not beyond this seq (the join position); 0 = no bound.
  std::uint32_t limit = 50;
  std::uint32_t bytes_max =
    192 * 1024;     ///< Stops before bodies and reactions, as JSON, exceed it (at least one is given).
  bool raw = false; ///< Events as they are; else folded (edits, reactions).
};
BOOST_DESCRIBE_STRUCT(page_query, (), (room, after, before, up_to, limit, bytes_max, raw))

struct page_result {
  storage::status status = storage::status::unknown;
  std::vector<protocol::entry> entries; ///< Ascending.
  bool more = false;                    ///< In the direction asked, within what is held.
  seq_t min = 1;
  digest_bytes prev{}; ///< Chain before the first entry; before `head + 1` when empty.
};
BOOST_DESCRIBE_STRUCT(page_result, (), (status, entries, more, min, prev))

/// One record, when the status is `ok`; `not_found` says that the log does not hold it.
struct find_result {
  storage::status status = storage::status::unknown;
  record message;
};
BOOST_DESCRIBE_STRUCT(find_result, (), (status, message))

/// Changes of belonging and marks of one room. Marks only rise.
struct member_change {
  std::string room;
  term_t term = 0;
  member_row row;
  bool forget = false; ///< Removes the row.
  std::uint32_t user_rooms_max =
    0; ///< A new row is refused (`too_many_rooms`) when the user has so many; 0 = no bound.
};
BOOST_DESCRIBE_STRUCT(member_change, (), (room, term, row, forget, user_rooms_max))

/// Drops what is out of retention; never the newest record. Also drops `sent` rows
/// whose cid lies below `floor`, which is stored with the room.
struct prune {
  std::string room;
  term_t term = 0;
  std::uint64_t keep_count = 0; ///< 0 = no bound
  time_ms older_than = 0;       ///< 0 = no bound
  time_ms floor = 0;
};
BOOST_DESCRIBE_STRUCT(prune, (), (room, term, keep_count, older_than, floor))

struct prune_result {
  storage::status status = storage::status::unknown;
  seq_t min = 1;
};
BOOST_DESCRIBE_STRUCT(prune_result, (), (status, min))

/// The rooms a user belongs to, in the order of their names, each with the role that a role_row or else the
/// member_row says.
struct inbox_query {
  std::string user;
  std::string after;
  std::uint32_t limit = 100;
};
BOOST_DESCRIBE_STRUCT(inbox_query, (), (user, after, limit))

struct inbox_result {
  storage::status status = storage::status::unknown;
  std::vector<protocol::server::inbox_row> rooms;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(inbox_result, (), (status, rooms, more))

template <class T>
using done = std::function<void(T)>;

/// The log of many rooms.
///
/// Ordering:   operations of one room that write take effect in the order of the calls.
/// Durability: `done` of a write with status `ok` is called after the commit is durable as
///             `durable()` says, and nobody can have read the records before.
/// Threading:  callable from any thread. `done` is called exactly once, on a thread of the
///             store or, for a log in memory, before the call returns. It must not block.
/// Overload:   bounded queues; one past the bound is answered `overloaded` at once.
/// Errors:     values only. After `unknown` the owner must `open` again before the next run.
class message_log {
public:
  virtual ~message_log() = default;
  virtual protocol::durability durable() const = 0;

  /// Loads a room's head, creating the room with `fresh_epoch` when it is new.
  virtual void open(opening what, done<open_result> then) = 0;
  virtual void append(run what, done<append_result> then) = 0;
  virtual void page(page_query what, done<page_result> then) = 0;
  /// The record with that seq, if it is held (for the author of an edit's target).
  virtual void find(std::string room, seq_t seq, done<find_result> then) = 0;
  virtual void change_member(member_change what, done<status> then) = 0;
  virtual void prune_room(prune what, done<prune_result> then) = 0;
  virtual void inbox(inbox_query what, done<inbox_result> then) = 0;
  /// A memory room that was passivated is forgotten; nothing for durable ones.
  virtual void release(std::string room) = 0;

  /// How many records the next run of a room should hold at most, so that it does not
  /// take more than its share while other rooms write too. A larger run (up to
  /// `run_records_max`) is taken all the same, and its room then waits a few commits.
  virtual std::uint32_t run_records_wanted() const noexcept { return run_records_max; }
};

} // namespace troupe::storage
