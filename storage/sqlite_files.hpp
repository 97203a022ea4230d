// storage/sqlite_files.hpp
//
// The files of a data directory, and opening them so that what is read afterwards is surely
// on the disk.
#pragma once

#include "storage/sqlite_database.hpp"
#include "storage/write_lock.hpp"

#include <memory>
#include <string>

namespace troupe::storage {

/// The names inside a data directory: the log …
struct log_files {
  std::string database, lock, users, reserve;
  explicit log_files(const std::string& directory)
    : database(directory + "/log.db"), lock(directory + "/log.lock"), users(directory + "/log.users"),
      reserve(directory + "/log.reserve") {}
};

/// … and the nodes that share it.
struct cluster_files {
  std::string database, lock, heartbeats;
  explicit cluster_files(const std::string& directory)
    : database(directory + "/cluster.db"), lock(directory + "/cluster.lock"), heartbeats(directory + "/nodes") {}
};

/// Opens a connection that writes. Throws `sqlite_failure`.
std::unique_ptr<sqlite_database> open_for_writing(const std::string& path);

/// Copies every frame of the write-ahead log into the database and syncs it. A process
/// that was killed between writing a commit and syncing it leaves frames that can be read
/// but are not safe; after this they are. To be called with the write lock held, by the only
/// process that has the log open. Returns what is wrong, empty when nothing is. Throws
/// `sqlite_failure`.
std::string settle_write_ahead_log(sqlite_database& database);

/// The same beside others that have the log open, and that settled it: since then nothing can
/// be read that its writer did not sync before. So this tries for a bounded time, and a
/// backup or a stopped process keeps nobody from starting. Throws `sqlite_failure`.
void settle_beside_others(sqlite_database& database, write_lock& lock);

} // namespace troupe::storage
