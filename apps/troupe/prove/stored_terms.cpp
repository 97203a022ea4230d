#include "apps/troupe/prove/stored_terms.hpp"

#include "storage/sqlite_database.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_schema.hpp"

namespace troupe::prove {

void record_stored_terms(checker::recorder& into, const std::string& directory, const std::vector<std::string>& rooms) {
  using namespace storage;
  sqlite_database log{log_files{directory}.database, sqlite_database::access::read_write};
  log.execute("PRAGMA query_only = ON");
  auto select_room = log.prepare("SELECT id FROM room WHERE name = ?");
  auto select_terms = log.prepare("SELECT id, term FROM message WHERE id BETWEEN ? AND ? ORDER BY id");
  for (const auto& room : rooms) {
    auto found = select_room.query(room);
    if (!found.next())
      continue;
    const auto id = found.integer(0);
    for (auto rows = select_terms.query(message_key(id, 1), message_key(id, seq_max)); rows.next();) {
      checker::event stored;
      stored.ev = checker::happening::term;
      stored.room = room;
      stored.seq = seq_of(rows.integer(0));
      stored.term = rows.number(1);
      into.append(stored);
    }
  }
}

} // namespace troupe::prove
