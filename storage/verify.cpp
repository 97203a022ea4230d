#include "storage/verify.hpp"

#include "protocol/names.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_schema.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace troupe::storage {

namespace {

/// Opens a log to read it only. The caller has seen that the file is there.
sqlite_database open_to_read(const std::string& path) {
  return sqlite_database{path, sqlite_database::access::read_write};
}

std::string why_not_readable(const std::string& directory) {
  if (!std::filesystem::exists(log_files{directory}.database))
    return "there is no log in " + directory + ": name the data directory of a node";
  return {};
}

/// One walk over one room.
class walk {
public:
  walk(sqlite_database& database, verify_report& report)
    : database_(database), report_(report),
      find_sent_(database.prepare("SELECT seq, digest FROM sent WHERE room = ? AND user = ? AND cid = ?")),
      find_message_(database.prepare("SELECT user, cid FROM message WHERE id = ?")),
      find_delete_(database.prepare("SELECT count(*) FROM message WHERE room = ?1 AND target IN (?2, ?3)"
                                    " AND target <> 0 AND kind = 'delete'")) {}

  bool finds(const std::string& name) {
    auto select = database_.prepare("SELECT id, epoch, chain_epoch, min, anchor, floor FROM room WHERE name = ?");
    auto rows = select.query(name);
    if (!rows.next())
      return false;
    report_.found = true;
    id_ = rows.integer(0);
    report_.epoch = rows.text(1);
    report_.chain_epoch = rows.text(2);
    report_.min = rows.number(3);
    report_.chain = to_digest(rows.blob(4));
    floor_ = rows.integer(5);
    if (report_.min == 1 && report_.chain != protocol::chain_start(name, report_.chain_epoch))
      fault(0, "the anchor is not the start of the chain of this room and epoch");
    return true;
  }

  void check_messages() {
    auto select = database_.prepare("SELECT " TROUPE_RECORD_COLUMNS ", term FROM message WHERE id BETWEEN ? AND ?"
                                    " ORDER BY id");
    auto expected = report_.min;
    time_ms time = 0;
    term_t term = 0;
    for (auto rows = select.query(message_key(id_, 1), message_key(id_, seq_max)); !report_.fault && rows.next();) {
      const auto r = to_record(rows);
      report_.head = r.seq;
      if (r.seq != expected++)
        fault(r.seq, "seq " + std::to_string(expected - 1) + " is missing before it");
      else if (r.time < time)
        fault(r.seq, "its time lies before that of the message before");
      else if (rows.number(12) < term)
        fault(r.seq, "its term is lower than that of the message before: two owners wrote");
      else
        check(r);
      time = r.time;
      term = rows.number(12);
    }
    if (!report_.fault && report_.head == 0 && report_.min != 1)
      fault(0, "the newest message is missing");
  }

  void check_cids() {
    auto select = database_.prepare("SELECT user, cid, seq FROM sent WHERE room = ?");
    for (auto rows = select.query(id_); !report_.fault && rows.next();) {
      const auto seq = rows.number(2);
      ++report_.cids;
      if (seq > report_.head) {
        fault(seq, "a cid is remembered for it, but the log ends before");
      } else if (seq >= report_.min) {
        auto message = find_message_.query(message_key(id_, seq));
        if (!message.next() || message.text(0) != rows.text(0) || message.text(1) != rows.text(1))
          fault(seq, "a cid is remembered for it that is not the message's own");
      }
    }
  }

private:
  void check(const record& r) {
    if (r.redacted)
      check_redacted(r);
    else if (protocol::body_digest(r.salt, r.body) != r.digest)
      fault(r.seq, "its body does not match its digest");
    report_.chain =
      protocol::chain_next(report_.chain, {r.seq, r.time, r.user, r.cid, r.kind, r.reply_to, r.target, r.digest});
    if (!report_.fault && report_.chain != r.chain)
      fault(r.seq, "its chain value does not follow from the one before");
    if (!report_.fault && !r.cid.empty())
      check_sent(r);
    if (!report_.fault)
      ++report_.messages;
  }

  void check_redacted(const record& r) {
    ++report_.redacted;
    if (!r.body.empty() || r.salt != salt_bytes{}) {
      fault(r.seq, "it is marked as erased, but its body or salt is there");
      return;
    }
    // An edit is erased with its target.
    auto rows = find_delete_.query(id_, r.seq, r.kind == "edit" ? r.target : r.seq);
    if (!rows.next() || rows.integer(0) == 0)
      fault(r.seq, "its body was erased, but no delete says so");
  }

  void check_sent(const record& r) {
    auto rows = find_sent_.query(id_, r.user, r.cid);
    if (!rows.next()) {
      const auto made = protocol::ulid_time(r.cid);
      if (!made || *made >= floor_)
        fault(r.seq, "its cid is not remembered: a retry would be stored twice");
    } else if (rows.number(0) != r.seq) {
      fault(r.seq, "its cid was stored first as seq " + std::to_string(rows.number(0)));
    } else if (to_digest(rows.blob(1)) != r.digest) {
      fault(r.seq, "the digest remembered with its cid is another one");
    }
  }

  void fault(seq_t seq, std::string what) { report_.fault = log_fault{seq, std::move(what)}; }

  sqlite_database& database_;
  verify_report& report_;
  std::int64_t id_ = 0;
  time_ms floor_ = 0;
  statement find_sent_, find_message_, find_delete_;
};

} // namespace

verify_report verify(const std::string& directory, const std::string& room) {
  verify_report report;
  report.failure = why_not_readable(directory);
  if (!report.failure.empty())
    return report;
  try {
    auto database = open_to_read(log_files{directory}.database);
    if (database.first_integer("PRAGMA application_id") != sqlite_application_id) {
      report.failure = "log.db in " + directory + " is no log of ours";
      return report;
    }
    const read_transaction one_state{database};
    walk over{database, report};
    if (!over.finds(room))
      return report;
    if (!report.fault)
      over.check_messages();
    if (!report.fault)
      over.check_cids();
  } catch (const sqlite_failure& why) {
    report.failure = "cannot read the log in " + directory + " (" + why.what() + ")";
  }
  return report;
}

room_list list_rooms(const std::string& directory) {
  room_list list;
  list.failure = why_not_readable(directory);
  if (!list.failure.empty())
    return list;
  try {
    auto database = open_to_read(log_files{directory}.database);
    auto newest = database.prepare("SELECT id FROM message WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1");
    auto select =
      database.prepare("SELECT id, name, epoch, min, (SELECT count(*) FROM member WHERE member.room = room.id)"
                       " FROM room ORDER BY name");
    const read_transaction one_state{database};
    for (auto rows = select.query(); rows.next();) {
      auto head = newest.query(message_key(rows.integer(0), 1), message_key(rows.integer(0), seq_max));
      list.rooms.push_back({std::string{rows.text(1)}, std::string{rows.text(2)}, rows.number(3),
                            head.next() ? seq_of(head.integer(0)) : 0, rows.number(4)});
    }
  } catch (const sqlite_failure& why) {
    list.failure = "cannot read the log in " + directory + " (" + why.what() + ")";
  }
  return list;
}

} // namespace troupe::storage
