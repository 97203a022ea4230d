// storage/sqlite_files.hpp
//
// Opening log.db so that what is read afterwards is surely on the disk.
#pragma once

#include "storage/sqlite_database.hpp"

#include <memory>
#include <string>

namespace troupe::storage {

/// The names inside a data directory.
struct log_files {
  std::string database, lock, reserve;
  explicit log_files(const std::string& directory)
    : database(directory + "/log.db"), lock(directory + "/log.lock"), reserve(directory + "/log.reserve") {}
};

/// Opens the connection that writes. Throws `sqlite_failure`.
std::unique_ptr<sqlite_database> open_for_writing(const std::string& path);

/// Copies every frame of the write-ahead log into the database and syncs it. A process
/// that was killed between writing a commit and syncing it leaves frames that can be read
/// but are not safe; after this they are. To be called with the write lock held. Returns
/// what is wrong, empty when nothing is. Throws `sqlite_failure`.
std::string settle_write_ahead_log(sqlite_database& database);

} // namespace troupe::storage
