#include "storage/sqlite_reads.hpp"

#include "storage/sqlite_schema.hpp"

#include <algorithm>

namespace troupe::storage {

/// One room inside a read transaction.
class sqlite_reads::room_pages final : public page_source {
public:
  room_pages(sqlite_reads& of, const std::string& name) : of_(of) {
    auto rows = of_.select_room_.query(name);
    if (!rows.next())
      return;
    id_ = rows.integer(0);
    min_ = rows.number(2);
    anchor_ = to_digest(rows.blob(4));
    auto newest = of_.select_newest_.query(message_key(id_, 1), message_key(id_, seq_max), 1);
    head_ = newest.next() ? seq_of(newest.integer(0)) : 0;
  }

  bool found() const { return id_ != 0; }
  std::int64_t id() const { return id_; }

  seq_t head() override { return head_; }
  seq_t min() override { return min_; }

  digest_bytes chain_at(seq_t seq) override {
    if (seq < min_)
      return anchor_;
    auto rows = of_.select_chain_.query(message_key(id_, seq));
    return rows.next() ? to_digest(rows.blob(0)) : digest_bytes{};
  }

  void read(seq_t from, seq_t to, bool descending, const each_record& each) override {
    auto rows = (descending ? of_.read_down_ : of_.read_up_).query(message_key(id_, from), message_key(id_, to));
    while (rows.next() && each(to_record(rows))) {
    }
  }

  void changes(seq_t target, seq_t up_to, const each_record& each) override {
    auto rows = of_.select_changes_.query(id_, target, message_key(id_, up_to));
    while (rows.next() && each(to_record(rows))) {
    }
  }

private:
  sqlite_reads& of_;
  std::int64_t id_ = 0;
  seq_t head_ = 0;
  seq_t min_ = 1;
  digest_bytes anchor_{};
};

sqlite_reads::sqlite_reads(const std::string& path) : database_(path, sqlite_database::access::read_write) {
  // Each commit of anybody empties the cache: it only has to hold what one page of history needs.
  database_.execute("PRAGMA query_only = ON; PRAGMA cache_size = -1024; PRAGMA mmap_size = 0");
  select_room_ = database_.prepare("SELECT id, epoch, min, floor, anchor, slow_mode_ms FROM room WHERE name = ?");
  select_newest_ = database_.prepare("SELECT " TROUPE_RECORD_COLUMNS
                                     " FROM message WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?");
  select_members_ = database_.prepare("SELECT user, role, read, recv FROM member WHERE room = ? ORDER BY user");
  select_roles_ =
    database_.prepare("SELECT user, role, banned_until, muted_until FROM room_role WHERE room = ? ORDER BY user");
  select_message_ = database_.prepare("SELECT " TROUPE_RECORD_COLUMNS " FROM message WHERE id = ?");
  select_chain_ = database_.prepare("SELECT chain FROM message WHERE id = ?");
  read_up_ = database_.prepare("SELECT " TROUPE_RECORD_COLUMNS " FROM message WHERE id BETWEEN ? AND ? ORDER BY id");
  read_down_ =
    database_.prepare("SELECT " TROUPE_RECORD_COLUMNS " FROM message WHERE id BETWEEN ? AND ? ORDER BY id DESC");
  select_changes_ = database_.prepare("SELECT " TROUPE_RECORD_COLUMNS
                                      " FROM message WHERE room = ? AND target = ? AND target <> 0 AND id <= ?"
                                      " AND redacted = 0 AND kind IN ('edit', 'reaction') ORDER BY id");
  select_inbox_ =
    database_.prepare("SELECT room.name, room.id, member.read, coalesce(nullif(room_role.role, ''), member.role)"
                      " FROM member JOIN room ON room.id = member.room"
                      " LEFT JOIN room_role ON room_role.room = member.room"
                      " AND room_role.user = member.user"
                      " WHERE member.user = ? AND room.name > ? ORDER BY room.name LIMIT ?");
}

open_result sqlite_reads::head(const opening& what) {
  try {
    const read_transaction one_state{database_};
    return read_head(what);
  } catch (const sqlite_failure&) {
    return {status::unknown, {}};
  }
}

open_result sqlite_reads::read_head(const opening& what) {
  open_result result;
  std::int64_t room = 0;
  {
    auto rows = select_room_.query(what.room);
    if (!rows.next())
      return {status::not_found, {}};
    room = rows.integer(0);
    result.head.epoch = rows.text(1);
    result.head.min = rows.number(2);
    result.head.floor = rows.integer(3);
    result.head.chain = to_digest(rows.blob(4));
    if (rows.integer(5) >= 0)
      result.head.slow_mode_ms = rows.integer(5);
  }
  auto& recent = result.head.recent;
  {
    auto rows = select_newest_.query(message_key(room, 1), message_key(room, seq_max), std::max(what.recent, 1u));
    while (rows.next())
      recent.push_back(to_record(rows));
  }
  std::reverse(recent.begin(), recent.end());
  if (!recent.empty()) {
    const auto& newest = recent.back();
    result.head.head = newest.seq;
    result.head.time = newest.time;
    result.head.chain = newest.chain;
  }
  if (what.recent == 0)
    recent.clear();
  for (auto rows = select_members_.query(room); rows.next();)
    result.head.members.push_back(
      {std::string{rows.text(0)}, std::string{rows.text(1)}, rows.number(2), rows.number(3)});
  for (auto rows = select_roles_.query(room); rows.next();)
    result.head.roles.push_back(
      {std::string{rows.text(0)}, std::string{rows.text(1)}, rows.integer(2), rows.integer(3)});
  result.status = status::ok;
  return result;
}

page_result sqlite_reads::page(const page_query& what) {
  page_result result;
  try {
    const read_transaction one_state{database_};
    room_pages room{*this, what.room};
    if (!room.found()) {
      result.status = status::not_found;
      return result;
    }
    return make_page(room, what);
  } catch (const sqlite_failure&) {
    return result;
  }
}

find_result sqlite_reads::find(const std::string& room, seq_t seq) {
  try {
    const read_transaction one_state{database_};
    auto rows = select_room_.query(room);
    if (!rows.next() || seq == 0 || seq > seq_max)
      return {status::not_found, {}};
    auto message = select_message_.query(message_key(rows.integer(0), seq));
    if (!message.next())
      return {status::not_found, {}};
    return {status::ok, to_record(message)};
  } catch (const sqlite_failure&) {
    return {};
  }
}

inbox_result sqlite_reads::inbox(const inbox_query& what) {
  try {
    const read_transaction one_state{database_};
    return read_inbox(what);
  } catch (const sqlite_failure&) {
    return {};
  }
}

inbox_result sqlite_reads::read_inbox(const inbox_query& what) {
  inbox_result result;
  result.status = status::ok;
  for (auto rows = select_inbox_.query(what.user, what.after, std::int64_t{what.limit} + 1); rows.next();) {
    if (result.rooms.size() == what.limit) {
      result.more = true;
      break;
    }
    const auto room = rows.integer(1);
    auto newest = select_newest_.query(message_key(room, 1), message_key(room, seq_max), 1);
    const auto head = newest.next() ? seq_of(newest.integer(0)) : 0;
    result.rooms.push_back({std::string{rows.text(0)}, head, rows.number(2), std::string{rows.text(3)}});
  }
  return result;
}

} // namespace troupe::storage
