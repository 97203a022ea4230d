#include "storage/sqlite_schema.hpp"

#include "storage/faults.hpp"

#include <algorithm>

namespace troupe::storage {

namespace {

constexpr const char* tables = R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- Who owns a shard. The term only rises and fences every append; 0: nobody has owned it yet.
-- pinned: the node an operator wants it on.
CREATE TABLE shard(
  shard INTEGER PRIMARY KEY,
  owner TEXT NOT NULL DEFAULT '',
  incarnation INTEGER NOT NULL DEFAULT 0,
  term INTEGER NOT NULL DEFAULT 0,
  pinned TEXT NOT NULL DEFAULT ''
);

-- epoch: what clients see. chain_epoch: the one the chain of seq 1 began with; they differ
-- after a restore. anchor: the chain before min. floor: older cids are refused; only rises.
-- slow_mode_ms: -1 while no moderator has set it.
CREATE TABLE room(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL,
  chain_epoch TEXT NOT NULL,
  anchor BLOB NOT NULL,
  min INTEGER NOT NULL DEFAULT 1,
  floor INTEGER NOT NULL DEFAULT 0,
  slow_mode_ms INTEGER NOT NULL DEFAULT -1
);

-- id = room << 36 | seq.
CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  term INTEGER NOT NULL,
  user TEXT NOT NULL,
  cid TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  salt BLOB,
  digest BLOB NOT NULL,
  reply_to INTEGER NOT NULL,
  target INTEGER NOT NULL,
  chain BLOB NOT NULL,
  redacted INTEGER NOT NULL DEFAULT 0,
  room INTEGER GENERATED ALWAYS AS (id >> 36) VIRTUAL,
  seq INTEGER GENERATED ALWAYS AS (id & 68719476735) VIRTUAL
);
CREATE INDEX message_target ON message(room, target) WHERE target <> 0;

CREATE TABLE member(
  user TEXT NOT NULL,
  room INTEGER NOT NULL,
  role TEXT NOT NULL,
  read INTEGER NOT NULL,
  recv INTEGER NOT NULL,
  PRIMARY KEY(user, room)
) WITHOUT ROWID;
CREATE INDEX member_room ON member(room);

-- What moderators have decided, folded from the events of the log. Outlives the belonging.
CREATE TABLE room_role(
  room INTEGER NOT NULL,
  user TEXT NOT NULL,
  role TEXT NOT NULL,
  banned_until INTEGER NOT NULL,
  muted_until INTEGER NOT NULL,
  PRIMARY KEY(room, user)
) WITHOUT ROWID;

-- One row a message, never one a user: who is away is found by who sends pushes.
CREATE TABLE push_outbox(
  id INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL
);
)sql";

/// The memory of cids. It outlives the message. A cid is a ULID, so its text sorts by time.
constexpr const char* sent_table = R"sql(
CREATE TABLE sent(
  room INTEGER NOT NULL,
  user TEXT NOT NULL,
  cid TEXT NOT NULL,
  seq INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY(room, user, cid)
) WITHOUT ROWID;
)sql";

constexpr const char* sent_table_planted = R"sql(
CREATE TABLE sent(room INTEGER NOT NULL, user TEXT NOT NULL, cid TEXT NOT NULL, seq INTEGER NOT NULL,
                  digest BLOB NOT NULL);
)sql";

} // namespace

std::string make_schema(sqlite_database& database) {
  const auto application = database.first_integer("PRAGMA application_id");
  const auto version = database.first_integer("PRAGMA user_version");
  if (application == sqlite_application_id && version == sqlite_schema_version)
    return {};
  if (application == sqlite_application_id)
    return "log.db has schema " + std::to_string(version) + ", this binary knows " +
           std::to_string(sqlite_schema_version) + ": start the version that wrote it, or restore a backup of this one";
  if (application != 0 || database.first_integer("SELECT count(*) FROM sqlite_schema") != 0)
    return "log.db is no log of ours: name another directory, or move the file away";
  database.execute(tables);
  database.execute(planted(plant::no_unique_index) ? sent_table_planted : sent_table);
  auto shard = database.prepare("INSERT INTO shard(shard) VALUES(?)");
  for (shard_id id = 0; id < shard_count; ++id)
    shard.run(id);
  database.execute("PRAGMA application_id = " + std::to_string(sqlite_application_id));
  database.execute("PRAGMA user_version = " + std::to_string(sqlite_schema_version));
  return {};
}

digest_bytes to_digest(bytes_view blob) {
  digest_bytes digest{};
  if (blob.size() == digest.size())
    std::copy(blob.begin(), blob.end(), digest.begin());
  return digest;
}

record to_record(const statement::rows& row) {
  record r;
  r.seq = seq_of(row.integer(0));
  r.time = row.integer(1);
  r.user = row.text(2);
  r.cid = row.text(3);
  r.kind = row.text(4);
  r.body = row.text(5);
  if (const auto salt = row.blob(6); salt.size() == r.salt.size())
    std::copy(salt.begin(), salt.end(), r.salt.begin());
  r.digest = to_digest(row.blob(7));
  r.reply_to = row.number(8);
  r.target = row.number(9);
  r.chain = to_digest(row.blob(10));
  r.redacted = row.integer(11) != 0;
  return r;
}

} // namespace troupe::storage
