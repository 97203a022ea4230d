// storage/sqlite_schema.hpp
//
// The tables of log.db and how a row becomes a record.
#pragma once

#include "storage/message_log.hpp"
#include "storage/sqlite_database.hpp"

#include <cstdint>
#include <string_view>

namespace troupe::storage {

/// "trpe": tells our files from other databases.
inline constexpr std::int64_t sqlite_application_id = 0x74727065;
/// Raised by every change that an older binary could not live with.
inline constexpr std::int64_t sqlite_schema_version = 3;

/// A message's rowid holds its room and its seq, so that a room's log is one stretch of
/// the table, and a row needs no second tree (docs/adr/0009-rows-by-room-and-seq.md).
inline constexpr int seq_bits = 36;
inline constexpr seq_t seq_max = (seq_t{1} << seq_bits) - 1;
inline constexpr std::int64_t room_id_max = (std::int64_t{1} << (63 - seq_bits)) - 1;

constexpr std::int64_t message_key(std::int64_t room, seq_t seq) {
  return (room << seq_bits) | static_cast<std::int64_t>(seq);
}

constexpr seq_t seq_of(std::int64_t key) { return static_cast<seq_t>(key) & seq_max; }

/// Writes the tables into an empty database or checks that the file is one of ours.
/// Returns what is wrong, empty when nothing is. Called inside a write transaction.
std::string make_schema(sqlite_database& database);

/// The columns `to_record` expects, in its order, of the table `message`.
#define TROUPE_RECORD_COLUMNS "id, time, user, cid, kind, body, salt, digest, reply_to, target, chain, redacted"

record to_record(const statement::rows& row);

/// A blob as a digest; all zero when it has another length.
digest_bytes to_digest(bytes_view blob);

} // namespace troupe::storage
