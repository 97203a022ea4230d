#include "storage/sqlite_log.hpp"

#include "storage/faults.hpp"
#include "storage/filesystem.hpp"
#include "storage/group_commit.hpp"
#include "storage/log_users.hpp"
#include "storage/read_pool.hpp"
#include "storage/shared_loads.hpp"
#include "storage/sqlite_committer.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_reads.hpp"
#include "storage/sqlite_schema.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <tuple>
#include <utility>

namespace troupe::storage {

namespace {

using page_key =
  std::tuple<std::string, std::optional<seq_t>, std::optional<seq_t>, seq_t, std::uint32_t, std::uint32_t, bool>;

/// How long a start waits for others that are starting or in the middle of a commit.
constexpr std::chrono::seconds start_wait{10};

page_key key_of(const page_query& q) { return {q.room, q.after, q.before, q.up_to, q.limit, q.bytes_max, q.raw}; }

} // namespace

/// Everything a log consists of, in the order of construction; destroyed from the end,
/// so that the writer's last answers still find the readers.
struct sqlite_log::parts {
  parts(const sqlite_settings& settings, const log_files& files)
    : users(files.users), lock(files.lock), reserve(files.reserve, settings.store.reserve_bytes),
      loads(reads_waiting_max) {}

  log_counters counters;
  log_users users;
  write_lock lock;
  reserve_file reserve;
  std::unique_ptr<sqlite_database> database;
  std::unique_ptr<sqlite_committer> committer;
  shared_loads<page_key, page_result> loads;
  std::unique_ptr<read_pool<sqlite_reads>> readers;
  std::unique_ptr<group_commit<pending_write>> commits;
  group_commit<pending_write>* queue = nullptr; ///< The same, also while it is being destroyed and still answers.
  std::uint32_t room_share = run_records_max;   ///< Of one room in a commit while others wait.

  /// Gives what is wrong and what to do, empty when nothing is.
  std::string open_in_order(const std::string& path);
  void start_threads(const sqlite_settings& settings, const log_files& files);
  bool read(read_pool<sqlite_reads>::read what);
  bool write(pending_write&& what);
};

// -- start ----------------------------------------------------------------------------

std::string sqlite_log::parts::open_in_order(const std::string& path) {
  const auto company = users.join(start_wait);
  if (company == log_users::company::unsure)
    return "another process has been starting on this log for long: end it, then start again";
  {
    const write_lock::guard turn{lock, start_wait};
    if (!turn.held())
      return "the writers' lock is held by a process that does not go on (a stopped node?): end it, then start again";
    if (!database)
      database = open_for_writing(path);
    if (planted(plant::sync_off))
      database->execute("PRAGMA synchronous = OFF");
    if (company == log_users::company::alone)
      if (auto wrong = settle_write_ahead_log(*database); !wrong.empty())
        return wrong;
    write_transaction schema{*database};
    if (auto wrong = make_schema(*database); !wrong.empty())
      return wrong;
    schema.commit();
  }
  if (company == log_users::company::with_others)
    settle_beside_others(*database, lock);
  users.share();
  return {};
}

void sqlite_log::parts::start_threads(const sqlite_settings& settings, const log_files& files) {
  commit_settings with;
  with.warn = settings.warn;
  with.fatal = settings.fatal ? settings.fatal : [](std::string_view why) { end_process(why); };
  after_commit next;
  next.load_head = [this](opening what, done<open_result> then) {
    // Copied, because a refused read has to be answered here.
    const auto loaded = read([what = std::move(what), then](sqlite_reads& from) { then(from.head(what)); });
    if (!loaded)
      then({status::overloaded, {}});
  };
  next.again = [this](pending_write&& what) { return write(std::move(what)); };
  committer = std::make_unique<sqlite_committer>(*database, lock, reserve, std::move(with), std::move(next), counters);

  std::vector<std::unique_ptr<sqlite_reads>> sources;
  for (std::uint32_t i = 0; i < std::max(settings.store.readers, 1u); ++i)
    sources.push_back(std::make_unique<sqlite_reads>(files.database));
  readers = std::make_unique<read_pool<sqlite_reads>>(std::move(sources), reads_waiting_max);

  room_share = std::clamp(settings.store.room_share_max, 1u, static_cast<std::uint32_t>(run_records_max));
  const group_commit_limits limits{settings.store.commit_messages_max, settings.store.room_share_max,
                                   settings.store.queue_max};
  commits = std::make_unique<group_commit<pending_write>>(limits, [this](std::vector<pending_write>& batch) {
    counters.queue_now.store(queue->waiting(), std::memory_order_relaxed);
    committer->execute(batch);
  });
  queue = commits.get();
}

sqlite_log::started sqlite_log::start(sqlite_settings settings) {
  const auto& directory = settings.store.directory;
  if (auto wrong = prepare_directory(directory))
    return {nullptr, std::move(*wrong)};
  const log_files files{directory};
  try {
    auto made = std::make_unique<parts>(settings, files);
    std::string wrong;
    try {
      wrong = made->open_in_order(files.database);
    } catch (const sqlite_failure& why) {
      if (!why.is_full())
        throw;
      made->reserve.release(); // a start on a full disk lives on the reserve
      wrong = made->open_in_order(files.database);
    }
    if (!wrong.empty())
      return {nullptr, std::move(wrong)};
    sync_path(directory);
    made->reserve.hold();
    made->start_threads(settings, files);
    return {std::unique_ptr<sqlite_log>{new sqlite_log{std::move(made)}}, {}};
  } catch (const sqlite_failure& why) {
    return {nullptr, "cannot open the log in " + directory + " (" + why.what() +
                       "): check the disk's space and the directory's rights, or restore a backup"};
  } catch (const std::system_error& why) {
    return {nullptr, "cannot open the log in " + directory + " (" + why.what() + "): check the directory's rights"};
  }
}

sqlite_log::sqlite_log(std::unique_ptr<parts> with) : parts_(std::move(with)) {}

sqlite_log::~sqlite_log() = default;

const log_counters& sqlite_log::counters() const noexcept { return parts_->counters; }

// -- message_log ------------------------------------------------------------------------

bool sqlite_log::parts::write(pending_write&& what) {
  if (queue->push(std::move(what)))
    return true;
  counters.count_refusal(status::overloaded);
  return false;
}

bool sqlite_log::parts::read(read_pool<sqlite_reads>::read what) {
  return readers->submit([this, what = std::move(what)](sqlite_reads& from) {
    const auto started = std::chrono::steady_clock::now();
    what(from);
    counters.read.add(std::chrono::steady_clock::now() - started);
    counters.reads.fetch_add(1, std::memory_order_relaxed);
  });
}

void sqlite_log::open(opening what, done<open_result> then) {
  pending_write write{pending_write::open{std::move(what), std::move(then)}};
  if (!parts_->write(std::move(write)))
    std::get<pending_write::open>(write.what).then({status::overloaded, {}});
}

void sqlite_log::append(run what, done<append_result> then) {
  pending_write write{pending_write::append{std::move(what), std::move(then), {}}};
  if (!parts_->write(std::move(write)))
    std::get<pending_write::append>(write.what).then({status::overloaded, {}});
}

void sqlite_log::change_member(member_change what, done<status> then) {
  pending_write write{pending_write::member{std::move(what), std::move(then)}};
  if (!parts_->write(std::move(write)))
    std::get<pending_write::member>(write.what).then(status::overloaded);
}

void sqlite_log::prune_room(prune what, done<prune_result> then) {
  pending_write write{pending_write::prune{std::move(what), std::move(then), {}}};
  if (!parts_->write(std::move(write)))
    std::get<pending_write::prune>(write.what).then({status::overloaded, 1});
}

void sqlite_log::page(page_query what, done<page_result> then) {
  using loads = decltype(parts_->loads);
  auto& parts = *parts_;
  const auto key = key_of(what);
  const auto refuse = [&parts](const done<page_result>& whom) {
    parts.counters.count_refusal(status::overloaded);
    page_result refused;
    refused.status = status::overloaded;
    whom(std::move(refused));
  };
  switch (parts.loads.ask(key, std::move(then))) {
  case loads::role::refused: refuse(then); return;
  case loads::role::joins: parts.counters.reads_shared.fetch_add(1, std::memory_order_relaxed); return;
  case loads::role::starts: break;
  }
  const bool submitted = parts.read([&parts, key, what = std::move(what)](sqlite_reads& from) {
    const auto waiting = parts.loads.start(key);
    const auto result = from.page(what);
    for (const auto& whom : waiting)
      whom(result);
  });
  if (!submitted)
    for (const auto& whom : parts.loads.start(key))
      refuse(whom);
}

void sqlite_log::find(std::string room, seq_t seq, done<find_result> then) {
  const bool submitted =
    parts_->read([room = std::move(room), seq, then](sqlite_reads& from) { then(from.find(room, seq)); });
  if (!submitted) {
    parts_->counters.count_refusal(status::overloaded);
    then({status::overloaded, {}});
  }
}

void sqlite_log::inbox(inbox_query what, done<inbox_result> then) {
  const bool submitted = parts_->read([what = std::move(what), then](sqlite_reads& from) { then(from.inbox(what)); });
  if (!submitted) {
    parts_->counters.count_refusal(status::overloaded);
    then({status::overloaded, {}, false});
  }
}

void sqlite_log::release(std::string) {
  // A durable room holds nothing in memory that its owner would have to give back.
}

std::uint32_t sqlite_log::run_records_wanted() const noexcept {
  return parts_->queue->crowded() ? parts_->room_share : run_records_max;
}

} // namespace troupe::storage
