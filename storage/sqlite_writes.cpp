#include "storage/sqlite_writes.hpp"

#include "protocol/names.hpp"
#include "storage/faults.hpp"
#include "storage/sqlite_schema.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace troupe::storage {

namespace {

/// Rooms whose id and epoch are kept at hand; when more are written the map starts anew.
constexpr std::size_t room_refs_max = 65'536;

/// Users whose cids one step of a prune looks at.
constexpr std::uint32_t prune_step_users = 500;

bool is_message(std::string_view kind) {
  return kind != "edit" && kind != "delete" && kind != "reaction" && kind != "system";
}

} // namespace

sqlite_writes::sqlite_writes(sqlite_database& database)
  : database_(database), ownership_(database), savepoint_(database.prepare("SAVEPOINT run")),
    release_(database.prepare("RELEASE run")), roll_back_(database.prepare("ROLLBACK TO run")),
    select_room_(database.prepare("SELECT id, epoch FROM room WHERE name = ?")),
    insert_room_(database.prepare("INSERT INTO room(name, epoch, chain_epoch, anchor) VALUES(?1, ?2, ?2, ?3)")),
    select_head_(database.prepare("SELECT id FROM message WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1")),
    insert_message_(database.prepare(std::string{planted(plant::overwrite) ? "INSERT OR REPLACE" : "INSERT"} +
                                     " INTO message(id, time, term, user, cid, kind, body, salt, digest, reply_to,"
                                     " target, chain) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
    insert_sent_(database.prepare("INSERT OR IGNORE INTO sent(room, user, cid, seq, digest) VALUES(?, ?, ?, ?, ?)")),
    select_sent_(database.prepare("SELECT seq, digest FROM sent WHERE room = ? AND user = ? AND cid = ?")),
    select_message_(database.prepare("SELECT " TROUPE_RECORD_COLUMNS " FROM message WHERE id = ?")),
    erase_target_(database.prepare("UPDATE message SET body = '', salt = NULL, redacted = 1 WHERE id = ?")),
    erase_edits_(database.prepare("UPDATE message SET body = '', salt = NULL, redacted = 1"
                                  " WHERE room = ? AND target = ? AND target <> 0 AND kind = 'edit'")),
    insert_push_(database.prepare("INSERT INTO push_outbox(room, seq) VALUES(?, ?)")),
    put_member_(database.prepare(
      "INSERT INTO member(user, room, role, read, recv) VALUES(?, ?, ?, ?, ?) ON CONFLICT(user, room) DO UPDATE SET"
      " role = excluded.role, read = max(read, excluded.read), recv = max(recv, excluded.recv)"
      " WHERE role <> excluded.role OR read < excluded.read OR recv < excluded.recv")),
    drop_member_(database.prepare("DELETE FROM member WHERE user = ? AND room = ?")),
    rooms_of_(database.prepare("SELECT count(*), (SELECT 1 FROM member WHERE user = ?1 AND room = ?2) FROM"
                               " (SELECT 1 FROM member WHERE user = ?1 LIMIT ?3)")),
    put_role_(database.prepare("INSERT OR REPLACE INTO room_role(room, user, role, banned_until, muted_until)"
                               " VALUES(?, ?, ?, ?, ?)")),
    drop_role_(database.prepare("DELETE FROM room_role WHERE room = ? AND user = ?")),
    update_slow_mode_(database.prepare("UPDATE room SET slow_mode_ms = ?2 WHERE id = ?1")),
    select_marks_(database.prepare("SELECT min, floor FROM room WHERE id = ?")),
    first_not_older_(database.prepare("SELECT id FROM message WHERE id BETWEEN ? AND ? AND time >= ?"
                                      " ORDER BY id LIMIT 1")),
    chain_at_(database.prepare("SELECT chain FROM message WHERE id = ?")),
    delete_messages_(database.prepare("DELETE FROM message WHERE id BETWEEN ? AND ?")),
    update_min_(database.prepare("UPDATE room SET min = ?2, anchor = ?3 WHERE id = ?1")),
    update_floor_(database.prepare("UPDATE room SET floor = ?2 WHERE id = ?1")),
    next_sent_user_(database.prepare("SELECT user FROM sent WHERE room = ? AND user > ? ORDER BY user LIMIT 1")),
    delete_sent_(database.prepare("DELETE FROM sent WHERE room = ?1 AND user = ?2 AND cid IN (SELECT cid FROM sent"
                                  " WHERE room = ?1 AND user = ?2 AND cid < ?3 ORDER BY cid LIMIT ?4)")) {}

const sqlite_writes::room_ref* sqlite_writes::find_room(const std::string& name) {
  if (const auto known = rooms_.find(name); known != rooms_.end())
    return &known->second;
  auto rows = select_room_.query(name);
  if (!rows.next())
    return nullptr;
  if (rooms_.size() == room_refs_max)
    rooms_.clear();
  return &rooms_.insert_or_assign(name, room_ref{rows.integer(0), std::string{rows.text(1)}}).first->second;
}

bool sqlite_writes::fenced(const std::string& room, term_t term) {
  return !planted(plant::no_fence) && !ownership_.holds(shard_of(room), term);
}

seq_t sqlite_writes::head_of(std::int64_t room) {
  auto rows = select_head_.query(message_key(room, 1), message_key(room, seq_max));
  return rows.next() ? seq_of(rows.integer(0)) : 0;
}

status sqlite_writes::open(const opening& what, bool may_create) {
  if (fenced(what.room, what.term))
    return status::fenced;
  if (find_room(what.room) != nullptr)
    return status::ok;
  if (!may_create)
    return status::full;
  insert_room_.run(what.room, what.fresh_epoch, bytes_view{protocol::chain_start(what.room, what.fresh_epoch)});
  return database_.last_insert_rowid() <= room_id_max ? status::ok : status::full;
}

append_result sqlite_writes::append(const run& what) {
  if (fenced(what.room, what.term))
    return {status::fenced, {}};
  const auto* room = find_room(what.room);
  if (room == nullptr || room->epoch != what.epoch || what.records.empty())
    return {status::seq_mismatch, {}};
  auto expected = head_of(room->id);
  if (expected + what.records.size() > seq_max)
    return {status::full, {}};
  for (const auto& r : what.records)
    if (r.seq != ++expected && !planted(plant::overwrite))
      return {status::seq_mismatch, {}};

  // A run of one leaves nothing behind when its cid is known: the row in `sent` comes first.
  const bool several = what.records.size() > 1;
  if (several)
    savepoint_.run();
  const bool fresh = std::all_of(what.records.begin(), what.records.end(),
                                 [&](const record& r) { return insert(room->id, what.term, r); });
  if (several && !fresh)
    roll_back_.run();
  if (several)
    release_.run();
  if (fresh && what.push)
    for (const auto& r : what.records)
      if (is_message(r.kind))
        insert_push_.run(room->id, r.seq);
  if (!fresh)
    return {status::duplicate, find_duplicates(room->id, what)};
  change_roles(room->id, what.change);
  return {status::ok, {}};
}

void sqlite_writes::change_roles(std::int64_t room, const role_change& what) {
  if (what.slow_mode_ms)
    update_slow_mode_.run(room, *what.slow_mode_ms);
  if (!what.row)
    return;
  const auto& row = *what.row;
  if (says_nothing(row))
    drop_role_.run(room, row.user);
  else
    put_role_.run(room, row.user, row.role, row.banned_until, row.muted_until);
  if (what.ends_belonging)
    drop_member_.run(row.user, room);
}

bool sqlite_writes::insert(std::int64_t room, term_t term, const record& what) {
  const bytes_view digest{what.digest};
  if (!what.cid.empty()) {
    insert_sent_.run(room, what.user, what.cid, what.seq, digest);
    if (database_.changes() == 0)
      return false;
  }
  insert_message_.run(message_key(room, what.seq), what.time, term, what.user, what.cid, what.kind, what.body,
                      bytes_view{what.salt}, digest, what.reply_to, what.target, bytes_view{what.chain});
  if (what.kind == "delete" && what.target != 0)
    erase_bodies(room, what.target);
  return true;
}

void sqlite_writes::erase_bodies(std::int64_t room, seq_t target) {
  erase_target_.run(message_key(room, target));
  erase_edits_.run(room, target);
}

std::vector<duplicate> sqlite_writes::find_duplicates(std::int64_t room, const run& what) {
  std::vector<duplicate> found;
  std::set<std::pair<std::string_view, std::string_view>> of_this_run;
  for (std::uint32_t i = 0; i < what.records.size(); ++i) {
    const auto& r = what.records[i];
    if (r.cid.empty())
      continue;
    auto sent = select_sent_.query(room, r.user, r.cid);
    if (sent.next()) {
      duplicate d{i, sent.number(0), to_digest(sent.blob(1)), {}};
      auto message = select_message_.query(message_key(room, d.seq));
      if (message.next())
        d.message = to_record(message);
      found.push_back(std::move(d));
    } else if (!of_this_run.emplace(r.user, r.cid).second) {
      found.push_back({i, 0, r.digest, {}});
    }
  }
  return found;
}

status sqlite_writes::change_member(const member_change& what) {
  if (fenced(what.room, what.term))
    return status::fenced;
  const auto* room = find_room(what.room);
  if (room == nullptr)
    return status::not_found;
  if (what.user_rooms_max > 0 && !what.forget) {
    auto has = rooms_of_.query(what.row.user, room->id, static_cast<std::int64_t>(what.user_rooms_max));
    has.next();
    if (has.number(0) >= what.user_rooms_max && has.number(1) == 0)
      return status::too_many_rooms;
  }
  if (what.forget)
    drop_member_.run(what.row.user, room->id);
  else
    put_member_.run(what.row.user, room->id, what.row.role, what.row.read, what.row.recv);
  return status::ok;
}

void sqlite_writes::prune_room(const prune& what, prune_progress& state) {
  state.finished = true;
  if (fenced(what.room, what.term)) {
    state.result.status = status::fenced;
    return;
  }
  const auto* room = find_room(what.room);
  if (room == nullptr) {
    state.result.status = status::not_found;
    return;
  }
  state.result.status = status::ok;
  time_ms floor = 0;
  {
    auto marks = select_marks_.query(room->id);
    marks.next();
    state.result.min = marks.number(0);
    floor = marks.integer(1);
  }
  drop_messages(room->id, what, state);
  if (what.floor > floor) {
    update_floor_.run(room->id, what.floor);
    state.sent_user.emplace();
  }
  if (state.sent_user)
    drop_sent(room->id, what.floor, state);
}

void sqlite_writes::drop_messages(std::int64_t room, const prune& what, prune_progress& state) {
  const auto min = state.result.min;
  const auto head = head_of(room);
  if (head <= min)
    return;
  const auto step_end = min + prune_step_rows;
  auto keep_from = min;
  if (what.keep_count != 0 && head >= what.keep_count)
    keep_from = std::max(keep_from, head - what.keep_count + 1);
  if (what.older_than > 0) {
    auto rows = first_not_older_.query(message_key(room, min), message_key(room, step_end - 1), what.older_than);
    keep_from = std::max(keep_from, rows.next() ? seq_of(rows.integer(0)) : step_end);
  }
  keep_from = std::min({keep_from, step_end, head});
  if (keep_from == min)
    return;
  digest_bytes anchor{};
  {
    auto rows = chain_at_.query(message_key(room, keep_from - 1));
    if (rows.next())
      anchor = to_digest(rows.blob(0));
  }
  delete_messages_.run(message_key(room, min), message_key(room, keep_from - 1));
  update_min_.run(room, keep_from, bytes_view{anchor});
  state.result.min = keep_from;
  state.finished = keep_from != step_end || keep_from == head;
}

void sqlite_writes::drop_sent(std::int64_t room, time_ms floor, prune_progress& state) {
  static constexpr unsigned char lowest[10] = {};
  const auto first_kept = protocol::make_ulid(floor, lowest);
  std::uint32_t dropped = 0;
  for (std::uint32_t users = 0; users < prune_step_users && dropped < prune_step_rows; ++users) {
    std::string user;
    {
      auto rows = next_sent_user_.query(room, *state.sent_user);
      if (!rows.next()) {
        state.sent_user.reset();
        return;
      }
      user = rows.text(0);
    }
    const auto allowed = prune_step_rows - dropped;
    delete_sent_.run(room, user, first_kept, allowed);
    const auto gone = static_cast<std::uint32_t>(database_.changes());
    dropped += gone;
    if (gone < allowed)
      state.sent_user = user;
  }
  state.finished = false;
}

} // namespace troupe::storage
