#include "storage/sqlite_membership.hpp"

#include "storage/faults.hpp"
#include "storage/filesystem.hpp"
#include "storage/sqlite_committer.hpp"
#include "storage/sqlite_schema.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace troupe::storage {

namespace {

/// How long a start waits for a lock, and how long what a running node does.
constexpr std::chrono::seconds start_wait{10};
constexpr std::chrono::seconds change_wait{1};
/// For SQLite's own locks, which nobody but a shell holds for long.
constexpr int busy_ms = 500;
/// A killed process that is in the middle of a write to a slow disk ends when that is done.
constexpr std::chrono::seconds end_wait{2};

/// "trpc"
constexpr std::int64_t cluster_application_id = 0x74727063;
constexpr std::int64_t cluster_schema_version = 1;

constexpr const char* cluster_tables = R"sql(
-- The processes that share this directory. boot: random, of the start. machine: the boot id
-- of the machine. started: of the process, in ticks after the machine's boot. home: the
-- directory, by device and inode, because a copy of it has the rows of the original's nodes.
CREATE TABLE node(
  name TEXT PRIMARY KEY,
  incarnation INTEGER NOT NULL,
  address TEXT NOT NULL,
  link TEXT NOT NULL,
  boot TEXT NOT NULL,
  weight INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  started INTEGER NOT NULL,
  machine TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  home TEXT NOT NULL,
  entered INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

std::string make_cluster_schema(sqlite_database& database) {
  const auto application = database.first_integer("PRAGMA application_id");
  const auto version = database.first_integer("PRAGMA user_version");
  if (application == cluster_application_id && version == cluster_schema_version)
    return {};
  if (application == cluster_application_id)
    return "cluster.db has schema " + std::to_string(version) + ", this binary knows " +
           std::to_string(cluster_schema_version) + ": end every node of the directory, remove cluster.db, start again";
  if (application != 0 || database.first_integer("SELECT count(*) FROM sqlite_schema") != 0)
    return "cluster.db is no file of ours: name another directory, or move it away";
  database.execute(cluster_tables);
  database.execute("PRAGMA application_id = " + std::to_string(cluster_application_id));
  database.execute("PRAGMA user_version = " + std::to_string(cluster_schema_version));
  return {};
}

/// Why a store does not open or a node does not enter; never leaves this file.
class refusal : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

std::string home_of(const std::string& directory) {
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0)
    throw std::system_error(errno, std::generic_category(), directory);
  return std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
}

std::unique_ptr<sqlite_database> open_database(const std::string& path, write_lock& lock,
                                               std::string (*make)(sqlite_database&)) {
  const write_lock::guard turn{lock, start_wait};
  if (!turn.held())
    throw refusal{"the lock for writing " + path +
                  " is held by a process that does not go on (a stopped node?): end it, then start again"};
  auto database = open_for_writing(path);
  write_transaction schema{*database};
  if (const auto wrong = make(*database); !wrong.empty())
    throw refusal{wrong};
  schema.commit();
  database->wait_when_busy(busy_ms);
  return database;
}

} // namespace

// -- files ----------------------------------------------------------------------------

sqlite_membership::sqlite_membership(membership_settings settings, process_identity self)
  : settings_(std::move(settings)), self_(std::move(self)), home_(home_of(settings_.directory)),
    log_files_(settings_.directory), cluster_files_(settings_.directory), log_lock_(log_files_.lock),
    cluster_lock_(cluster_files_.lock) {
  std::filesystem::create_directory(cluster_files_.heartbeats);
  log_ = open_database(log_files_.database, log_lock_, make_schema);
  try {
    cluster_ = open_database(cluster_files_.database, cluster_lock_, make_cluster_schema);
  } catch (const sqlite_failure& why) {
    if (!why.is_io_error())
      throw;
    throw refusal{std::string{why.what()} + ": end every node of " + settings_.directory + " and remove " +
                  cluster_files_.database + ", which holds nothing that lasts; then start again"};
  }
  select_shards_ = log_->prepare("SELECT owner, incarnation, term, pinned FROM shard ORDER BY shard");
  change_shard_ =
    log_->prepare("UPDATE shard SET owner = ?3, incarnation = ?4, term = term + 1 WHERE shard = ?1 AND term = ?2");
  pin_shard_ = log_->prepare("UPDATE shard SET pinned = ?2 WHERE shard = ?1");
  select_nodes_ = cluster_->prepare("SELECT name, incarnation, address, link, boot, weight, pid, started, machine,"
                                    " pid_namespace, uid, home, entered FROM node ORDER BY name");
}

sqlite_membership::~sqlite_membership() = default;

sqlite_membership::opened sqlite_membership::open(membership_settings settings) {
  const auto directory = settings.directory;
  if (auto wrong = prepare_directory(directory))
    return {nullptr, std::move(*wrong)};
  auto self = this_process();
  if (!self)
    return {nullptr, "/proc does not tell about this process: mount the /proc of its own pid namespace"};
  if (!settings.fatal)
    settings.fatal = [](std::string_view why) { end_process(why); };
  try {
    return {std::unique_ptr<sqlite_membership>{new sqlite_membership{std::move(settings), std::move(*self)}}, {}};
  } catch (const refusal& why) {
    return {nullptr, why.what()};
  } catch (const sqlite_failure& why) {
    return {nullptr, "cannot open the list of nodes in " + directory + " (" + why.what() +
                       "): check the disk's space and the directory's rights"};
  } catch (const std::system_error& why) {
    return {nullptr,
            "cannot open the list of nodes in " + directory + " (" + why.what() + "): check the directory's rights"};
  }
}

std::string sqlite_membership::heartbeat_path(const node_row& of) const {
  return cluster_files_.heartbeats + "/" + of.node + "." + std::to_string(of.incarnation) + ".beat";
}

bool sqlite_membership::write_log(std::chrono::milliseconds wait, const std::function<void()>& statements) {
  try {
    const write_lock::guard turn{log_lock_, wait};
    if (!turn.held())
      return false;
    write_transaction whole{*log_};
    statements();
    whole.commit();
    return true;
  } catch (const sqlite_failure& why) {
    if (why.is_io_error())
      settings_.fatal(std::string{"the store cannot be trusted any more, ending: "} + why.what() +
                      "; check the disk, then start again");
  } catch (const std::system_error&) {
  }
  return false;
}

bool sqlite_membership::write_cluster(std::chrono::milliseconds wait, const std::function<void()>& statements) {
  try {
    const write_lock::guard turn{cluster_lock_, wait};
    if (!turn.held())
      return false;
    write_transaction whole{*cluster_};
    statements();
    whole.commit();
    cluster_->checkpoint(sqlite_database::checkpoint_mode::passive); // it is small and seldom written
    return true;
  } catch (const sqlite_failure&) {
  } catch (const std::system_error&) {
  }
  return false;
}

// -- this node ------------------------------------------------------------------------

membership_store::entered sqlite_membership::enter(node_row row) {
  try {
    std::unique_ptr<heartbeat_file> beats;
    const bool stored = write_cluster(start_wait, [&] {
      clear_way_for(row.node);
      row.incarnation = draw_incarnation();
      beats = std::make_unique<heartbeat_file>(heartbeat_path(row));
      const auto now = boot_time_ms();
      if (!beats->write({now, row.incarnation, false}))
        throw refusal{"cannot write into " + cluster_files_.heartbeats + ": check the space and the rights there"};
      insert({row, self_, home_, now});
    });
    if (!stored) {
      if (beats)
        beats->remove();
      return {0, "cannot write " + cluster_files_.database +
                   ": check the space and the rights there, and whether a stopped process holds its lock"};
    }
    heartbeat_ = std::move(beats);
    own_ = row;
    return {row.incarnation, {}};
  } catch (const refusal& why) {
    return {0, why.what()};
  }
}

/// Refuses, or removes the rows that are in the way.
void sqlite_membership::clear_way_for(const std::string& node) {
  const auto quoted = [](const stored_node& of) { return "node \"" + of.row.node + "\""; };
  const auto& directory = settings_.directory;
  for (const auto& other : stored_nodes()) {
    const auto known = fate_of(other);
    const bool foreign = known == fate::unknown && other.process.pid_namespace != self_.pid_namespace;
    const bool silent = boot_time_ms() - last_beat(other).at > settings_.silent_ms_max;
    if (known == fate::gone || (foreign && silent)) {
      if (foreign || other.row.node == node)
        erase(other.row);
    } else if (foreign) {
      throw refusal{quoted(other) + " uses " + directory +
                    " from another container: give each its own directory, or run both in one container. If it has"
                    " ended, start again in " +
                    std::to_string((settings_.silent_ms_max + 999) / 1'000) + " seconds"};
    } else if (other.process.uid != self_.uid) {
      throw refusal{quoted(other) + " uses " + directory + " as user " + std::to_string(other.process.uid) +
                    ", this one is user " + std::to_string(self_.uid) + ": run all nodes of a directory as one user"};
    } else if (other.row.node == node) {
      throw refusal{quoted(other) + " runs on " + directory + " already, as process " +
                    std::to_string(other.process.pid) + ": stop it, or name this one otherwise with --node"};
    }
  }
}

incarnation_t sqlite_membership::draw_incarnation() {
  incarnation_t drawn = 0;
  const bool stored = write_log(start_wait, [&] {
    auto draw = log_->prepare("INSERT INTO meta(key, value) VALUES('incarnation', 1)"
                              " ON CONFLICT(key) DO UPDATE SET value = value + 1 RETURNING value");
    auto rows = draw.query();
    if (rows.next())
      drawn = rows.number(0);
  });
  if (!stored || drawn == 0)
    throw refusal{"cannot write " + log_files_.database +
                  ": check the space there, and whether a stopped process holds its lock"};
  return drawn;
}

bool sqlite_membership::beat(bool draining) {
  return heartbeat_ && heartbeat_->write({boot_time_ms(), own_->incarnation, draining});
}

bool sqlite_membership::leave() {
  if (!own_)
    return true;
  if (!write_cluster(change_wait, [&] { erase(*own_); }))
    return false;
  heartbeat_.reset();
  own_.reset();
  return true;
}

// -- rows -----------------------------------------------------------------------------

void sqlite_membership::insert(const stored_node& node) {
  cluster_
    ->prepare("INSERT INTO node(name, incarnation, address, link, boot, weight, pid, started, machine, pid_namespace,"
              " uid, home, entered) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .run(node.row.node, node.row.incarnation, node.row.address, node.row.link, node.row.boot, node.row.weight,
         node.process.pid, node.process.started_ticks, node.process.boot, node.process.pid_namespace, node.process.uid,
         node.home, node.entered);
}

void sqlite_membership::erase(const node_row& whom) {
  cluster_->prepare("DELETE FROM node WHERE name = ? AND incarnation = ?").run(whom.node, whom.incarnation);
  std::error_code ignored;
  std::filesystem::remove(heartbeat_path(whom), ignored);
}

std::vector<sqlite_membership::stored_node> sqlite_membership::stored_nodes() {
  std::vector<stored_node> nodes;
  for (auto rows = select_nodes_.query(); rows.next();) {
    auto& node = nodes.emplace_back();
    node.row.node = rows.text(0);
    node.row.incarnation = rows.number(1);
    node.row.address = rows.text(2);
    node.row.link = rows.text(3);
    node.row.boot = rows.text(4);
    node.row.weight = static_cast<std::uint32_t>(rows.number(5));
    node.process.pid = static_cast<pid_t>(rows.integer(6));
    node.process.started_ticks = rows.number(7);
    node.process.boot = rows.text(8);
    node.process.pid_namespace = rows.number(9);
    node.process.uid = static_cast<std::uint32_t>(rows.number(10));
    node.home = rows.text(11);
    node.entered = rows.integer(12);
  }
  return nodes;
}

std::optional<sqlite_membership::stored_node> sqlite_membership::find(const node_row& whom) {
  for (auto& node : stored_nodes())
    if (node.row.node == whom.node && node.row.incarnation == whom.incarnation)
      return std::move(node);
  return {};
}

fate sqlite_membership::fate_of(const stored_node& of) const {
  return of.home == home_ ? storage::fate_of(of.process, self_) : fate::gone;
}

/// The last whole record there was; half of one is passed over.
heartbeat sqlite_membership::last_beat(const stored_node& of) {
  if (of.process.boot != self_.boot)
    return {}; // by another clock
  const auto incarnation = of.row.incarnation;
  auto& last = beats_.try_emplace(incarnation, heartbeat{of.entered, incarnation, false}).first->second;
  if (const auto read = read_heartbeat(heartbeat_path(of.row)); read && read->incarnation == incarnation)
    last = *read;
  return last;
}

// -- the cluster ----------------------------------------------------------------------

std::optional<cluster_seen> sqlite_membership::look() {
  try {
    cluster_seen seen;
    // Owners before nodes: an owner whose row is missing has surely left, and did not enter meanwhile.
    for (auto rows = select_shards_.query(); rows.next();)
      seen.shards.push_back({std::string{rows.text(0)}, rows.number(1), rows.number(2), std::string{rows.text(3)}});
    if (seen.shards.size() != shard_count)
      return {};
    const auto nodes = stored_nodes();
    // The time before the heartbeats: who is stopped in between sees the others younger, not older.
    seen.at = boot_time_ms();
    for (const auto& node : nodes) {
      const auto beat = last_beat(node);
      seen.nodes.push_back({node.row, std::min(beat.at, seen.at), beat.draining, fate_of(node) == fate::gone});
    }
    std::erase_if(beats_, [&](const auto& beat) {
      return std::none_of(nodes.begin(), nodes.end(), [&](const auto& n) { return n.row.incarnation == beat.first; });
    });
    return seen;
  } catch (const sqlite_failure&) {
    return {};
  }
}

std::optional<std::vector<shard_id>> sqlite_membership::change(const std::vector<shard_change>& what) {
  std::vector<shard_id> changed;
  const bool stored = what.empty() || write_log(change_wait, [&] {
                        for (const auto& c : what) {
                          change_shard_.run(c.shard, c.term, c.owner, c.incarnation);
                          if (log_->changes() != 0)
                            changed.push_back(c.shard);
                        }
                      });
  return stored ? std::optional{std::move(changed)} : std::nullopt;
}

bool sqlite_membership::pin(shard_id shard, const std::string& node) {
  return write_log(change_wait, [&] { pin_shard_.run(shard, node); });
}

bool sqlite_membership::make_sure_dead(const node_row& whom) {
  if (planted(plant::no_kill))
    return true;
  try {
    const auto found = find(whom);
    return !found || found->home != home_ || end_for_sure(found->process, self_, end_wait);
  } catch (const sqlite_failure&) {
    return false;
  }
}

std::optional<process_identity> sqlite_membership::process_of(const node_row& whom) {
  try {
    if (const auto found = find(whom); found && found->home == home_ && fate_of(*found) == fate::lives)
      return found->process;
  } catch (const sqlite_failure&) {
  }
  return {};
}

bool sqlite_membership::forget(const node_row& whom) {
  try {
    const auto found = find(whom);
    if (!found)
      return true;
    if (fate_of(*found) != fate::gone)
      return false;
    for (auto rows = select_shards_.query(); rows.next();)
      if (rows.text(0) == whom.node && rows.number(1) == whom.incarnation)
        return false;
  } catch (const sqlite_failure&) {
    return false;
  }
  return write_cluster(change_wait, [&] { erase(whom); });
}

} // namespace troupe::storage
