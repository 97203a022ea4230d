#include "storage/backup.hpp"

#include "protocol/chain.hpp"
#include "storage/filesystem.hpp"
#include "storage/log_users.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_schema.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <sys/random.h>
#include <system_error>
#include <utility>
#include <vector>

namespace troupe::storage {

namespace {

namespace fs = std::filesystem;

/// The file under another name until it is complete; removed when it never is.
class partial_file {
public:
  explicit partial_file(const std::string& final_name) : final_(final_name), name_(final_name + ".partial") {
    remove();
  }
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() { remove(); }

  const std::string& name() const { return name_; }

  /// Syncs it and gives it its name. False when that could not be made durable.
  bool complete() {
    std::error_code error;
    if (!sync_path(name_))
      return false;
    fs::rename(name_, final_, error);
    const auto parent = fs::absolute(final_).parent_path();
    return !error && sync_path(parent.string());
  }

private:
  void remove() {
    std::error_code ignored;
    for (const auto* suffix : {"", "-journal", "-wal", "-shm"})
      fs::remove(name_ + suffix, ignored);
  }

  std::string final_;
  std::string name_;
};

backup_result failed(std::string why) {
  backup_result result;
  result.failure = std::move(why);
  return result;
}

/// What is wrong with a file that should be a log of ours; nothing when it is sound.
std::optional<std::string> unsound(sqlite_database& database, const std::string& file) {
  if (database.first_integer("PRAGMA application_id") != sqlite_application_id)
    return file + " is no log of ours: name a file that `troupe backup` made";
  if (database.first_integer("PRAGMA user_version") != sqlite_schema_version)
    return file + " was written by another version: use the binary that made it";
  if (const auto found = database.first_text("PRAGMA quick_check(1)"); found != "ok")
    return file + " is damaged (" + found + "): use another backup";
  return {};
}

void count(sqlite_database& database, const std::string& file, backup_result& into) {
  into.rooms = static_cast<std::uint64_t>(database.first_integer("SELECT count(*) FROM room"));
  into.messages = static_cast<std::uint64_t>(database.first_integer("SELECT count(*) FROM message"));
  std::error_code ignored;
  into.bytes = fs::file_size(file, ignored);
}

std::string fresh_epoch() {
  salt_bytes random{};
  // Cannot fail for so few bytes once the kernel's pool is filled, for which it waits.
  while (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
  }
  return protocol::to_hex(random);
}

/// A room keeps its chain, which began with the epoch it had then; one that is still
/// empty begins anew.
void give_new_epochs(sqlite_database& database) {
  struct room {
    std::int64_t id;
    std::string name;
    bool empty;
  };
  std::vector<room> rooms;
  {
    auto select = database.prepare("SELECT id, name, NOT EXISTS(SELECT 1 FROM message WHERE message.id BETWEEN"
                                   " room.id << 36 AND (room.id << 36) + 68719476735) FROM room");
    for (auto rows = select.query(); rows.next();)
      rooms.push_back({rows.integer(0), std::string{rows.text(1)}, rows.integer(2) != 0});
  }
  auto change = database.prepare("UPDATE room SET epoch = ?2 WHERE id = ?1");
  auto begin_chain = database.prepare("UPDATE room SET chain_epoch = ?2, anchor = ?3 WHERE id = ?1");
  for (const auto& r : rooms) {
    const auto epoch = fresh_epoch();
    change.run(r.id, epoch);
    if (r.empty)
      begin_chain.run(r.id, epoch, bytes_view{protocol::chain_start(r.name, epoch)});
  }
}

/// The nodes that were there have ended, and the log's count of their starts goes back to that
/// of the backup.
void forget_nodes(const std::string& directory) {
  const cluster_files files{directory};
  std::error_code ignored;
  for (const auto* suffix : {"", "-wal", "-shm"})
    fs::remove(files.database + suffix, ignored);
  fs::remove_all(files.heartbeats, ignored);
}

} // namespace

backup_result backup(const std::string& directory, const std::string& file) {
  if (fs::exists(file))
    return failed(file + " exists already: name a new file");
  const log_files files{directory};
  if (!fs::exists(files.database))
    return failed("there is no log in " + directory + ": name the data directory of a node");
  try {
    backup_result result;
    partial_file copy{file};
    {
      sqlite_database source{files.database, sqlite_database::access::read_write};
      if (source.first_integer("PRAGMA application_id") != sqlite_application_id)
        return failed(files.database + " is no log of ours");
      auto vacuum = source.prepare("VACUUM INTO ?");
      vacuum.run(copy.name());
    }
    {
      sqlite_database made{copy.name(), sqlite_database::access::read_write};
      if (auto wrong = unsound(made, copy.name()))
        return failed(std::move(*wrong));
      count(made, copy.name(), result);
    }
    if (!copy.complete())
      return failed("cannot write " + file + " safely: check the space and the rights there");
    return result;
  } catch (const sqlite_failure& why) {
    return failed("cannot back up " + directory + " to " + file + " (" + why.what() +
                  "): check the space and the rights there");
  }
}

backup_result restore(const std::string& file, const std::string& directory) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    return failed("there is no file " + file);
  if (fs::file_size(file + "-wal", error) > 0 && !error)
    return failed(file + " is in use, or was not closed: make a backup of it with `troupe backup` and restore that");
  if (auto wrong = prepare_directory(directory))
    return failed(std::move(*wrong));
  const log_files files{directory};
  if (fs::exists(files.database) || fs::exists(files.database + "-wal"))
    return failed(directory +
                  " has a log already: restore into an empty directory, or move log.db and log.db-wal away");
  try {
    // Nobody may come to use the log while it appears.
    const auto users = fs::exists(files.users) ? std::make_unique<log_users>(files.users) : nullptr;
    if (users && users->join(std::chrono::milliseconds{0}) != log_users::company::alone)
      return failed("a node runs on " + directory + " and has the log open that was moved away: stop it first");
    backup_result result;
    partial_file copy{files.database};
    fs::copy_file(file, copy.name(), error);
    if (error)
      return failed("cannot copy " + file + " to " + directory + " (" + error.message() + ")");
    {
      sqlite_database database{copy.name(), sqlite_database::access::read_write};
      if (auto wrong = unsound(database, file))
        return failed(std::move(*wrong));
      database.execute("BEGIN IMMEDIATE");
      give_new_epochs(database);
      database.execute("COMMIT");
      count(database, copy.name(), result);
    }
    forget_nodes(directory);
    if (!copy.complete())
      return failed("cannot write into " + directory + " safely: check the space and the rights there");
    return result;
  } catch (const std::system_error& why) {
    return failed("cannot restore " + file + " to " + directory + " (" + why.what() + "): check the rights");
  } catch (const sqlite_failure& why) {
    return failed("cannot restore " + file + " to " + directory + " (" + why.what() +
                  "): check the file, the space and the rights");
  }
}

} // namespace troupe::storage
