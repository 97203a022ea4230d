// storage/sqlite_reads.hpp
//
// What is read from log.db, on a connection of its own.
#pragma once

#include "storage/folding.hpp"
#include "storage/message_log.hpp"
#include "storage/sqlite_database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::storage {

/// The read operations of message_log. Each sees one committed state.
///
/// Threading: one thread at a time.
/// Errors:    `status::unknown` (or nothing) when the store cannot be read.
class sqlite_reads {
public:
  explicit sqlite_reads(const std::string& path);

  open_result head(const opening& what);
  page_result page(const page_query& what);
  find_result find(const std::string& room, seq_t seq);
  inbox_result inbox(const inbox_query& what);

private:
  class room_pages;
  open_result read_head(const opening& what);
  inbox_result read_inbox(const inbox_query& what);

  sqlite_database database_;
  statement select_room_, select_newest_, select_members_, select_roles_, select_message_, select_chain_;
  statement read_up_, read_down_, select_changes_, select_inbox_;
};

} // namespace troupe::storage
