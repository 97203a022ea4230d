#include "storage/sqlite_committer.hpp"

#include "storage/faults.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace troupe::storage {

namespace {

using steady = std::chrono::steady_clock;

/// How long a checkpoint that starts the file anew waits for readers.
constexpr int truncate_wait_ms = 50;

constexpr std::chrono::seconds refused_for_max{5};
constexpr std::chrono::seconds warn_every{5};

/// sysexits' "input/output error": service managers restart on it, operators can tell it.
constexpr int exit_io_error = 74;

void set_result(pending_write::append& w, status s) { w.result = {s, {}}; }
void set_result(pending_write::open& w, status s) { w.result = s; }
void set_result(pending_write::member& w, status s) { w.result = s; }
void set_result(pending_write::prune& w, status s) {
  w.progress.result.status = s;
  w.progress.finished = true;
}

bool has_messages(const std::vector<pending_write>& batch) {
  return std::any_of(batch.begin(), batch.end(),
                     [](const auto& w) { return std::holds_alternative<pending_write::append>(w.what); });
}

} // namespace

void end_process(std::string_view why) {
  std::fprintf(stderr, "troupe: %.*s\n", static_cast<int>(why.size()), why.data());
  ::_exit(exit_io_error);
}

sqlite_committer::sqlite_committer(sqlite_database& database, write_lock& lock, reserve_file& reserve,
                                   commit_settings settings, after_commit next, log_counters& counters)
  : database_(database), lock_(lock), reserve_(reserve), settings_(std::move(settings)), next_(std::move(next)),
    counters_(counters), writes_(database), begin_(database.prepare("BEGIN IMMEDIATE")),
    commit_(database.prepare("COMMIT")), next_checkpoint_(settings_.checkpoint_pages) {}

void sqlite_committer::execute(std::vector<pending_write>& batch) {
  if (dead_) {
    answer_all(batch, status::unknown);
    return;
  }
  if (!full_ && !reserve_.held())
    note_full(); // another process gave it up, or an operator
  if (full_ && reserve_.hold_again()) {
    full_ = false;
    counters_.full_now.store(0, std::memory_order_relaxed);
  }
  const auto started = steady::now();
  try {
    try {
      transact(batch);
    } catch (const sqlite_failure& why) {
      roll_back();
      if (!why.is_full())
        throw;
      enter_full();
      transact(batch); // once more, now without what needs space
    }
  } catch (const sqlite_failure& why) {
    roll_back();
    if (why.is_io_error()) {
      die(why);
      answer_all(batch, status::unknown);
    } else {
      if (!why.is_full())
        note_failure(why);
      answer_all(batch, dead_ ? status::unknown : why.is_full() ? status::full : status::overloaded);
    }
    return;
  }
  failing_since_ = {};
  counters_.batch.add(steady::now() - started);
  answer(batch);
  look_after_wal();
}

/// The batch is answered: what fails here is tried again after the next one.
void sqlite_committer::look_after_wal() {
  try {
    try {
      checkpoint_if_due();
    } catch (const sqlite_failure& why) {
      if (!why.is_full())
        throw;
      enter_full();
    }
  } catch (const sqlite_failure& why) {
    if (why.is_io_error())
      die(why);
  }
}

void sqlite_committer::transact(std::vector<pending_write>& batch) {
  const bool messages = !full_ && has_messages(batch);
  if (messages)
    reached(crash_point::before_begin);
  {
    const write_lock::guard turn{lock_};
    begin_.run();
    writes_.begin();
    for (auto& write : batch)
      apply(write);
    if (planted(plant::ack_before_commit))
      answer_early(batch);
    if (messages)
      reached(crash_point::after_insert);
    const auto started = steady::now();
    commit_.run();
    counters_.commit.add(steady::now() - started);
  }
  counters_.commits.fetch_add(1, std::memory_order_relaxed);
  counters_.wal_pages_now.store(static_cast<std::uint64_t>(database_.wal_pages()), std::memory_order_relaxed);
  if (messages)
    reached(crash_point::after_commit);
}

void sqlite_committer::apply(pending_write& write) {
  struct visitor {
    sqlite_committer& self;
    void operator()(pending_write::append& w) const { w.result = self.writes_.append(w.what); }
    void operator()(pending_write::open& w) const { w.result = self.writes_.open(w.what, !self.full_); }
    void operator()(pending_write::member& w) const { w.result = self.writes_.change_member(w.what); }
    void operator()(pending_write::prune& w) const { self.writes_.prune_room(w.what, w.progress); }
  };
  if (full_ && !std::holds_alternative<pending_write::open>(write.what))
    std::visit([](auto& w) { set_result(w, status::full); }, write.what);
  else
    std::visit(visitor{*this}, write.what);
}

void sqlite_committer::answer(std::vector<pending_write>& batch) {
  struct visitor {
    sqlite_committer& self;
    pending_write& write;
    void operator()(pending_write::append& w) const {
      if (!w.then)
        return; // answered early, as planted
      if (w.result.status == status::ok)
        self.counters_.messages.fetch_add(w.what.records.size(), std::memory_order_relaxed);
      self.counters_.count_refusal(w.result.status);
      w.then(std::move(w.result));
    }
    void operator()(pending_write::open& w) const {
      self.counters_.count_refusal(w.result);
      if (w.result == status::ok)
        self.next_.load_head(std::move(w.what), std::move(w.then));
      else
        w.then({w.result, {}});
    }
    void operator()(pending_write::member& w) const {
      self.counters_.count_refusal(w.result);
      w.then(w.result);
    }
    void operator()(pending_write::prune& w) const {
      if (!w.progress.finished && self.next_.again(std::move(write)))
        return;
      self.counters_.count_refusal(w.progress.result.status);
      w.then(w.progress.result);
    }
  };
  for (auto& write : batch)
    std::visit(visitor{*this, write}, write.what);
}

void sqlite_committer::answer_early(std::vector<pending_write>& batch) {
  for (auto& write : batch)
    if (auto* w = std::get_if<pending_write::append>(&write.what))
      std::exchange(w->then, nullptr)(w->result);
}

void sqlite_committer::answer_all(std::vector<pending_write>& batch, status with) {
  for (auto& write : batch)
    std::visit([with](auto& w) { set_result(w, with); }, write.what);
  answer(batch);
}

void sqlite_committer::roll_back() noexcept {
  writes_.forget();
  if (database_.autocommit())
    return;
  try {
    database_.execute("ROLLBACK");
  } catch (const sqlite_failure&) {
    // The transaction is gone all the same when the next BEGIN succeeds; else that reports.
  }
}

void sqlite_committer::note_full() {
  if (!std::exchange(full_, true)) {
    counters_.full_now.store(1, std::memory_order_relaxed);
    counters_.full_entered.fetch_add(1, std::memory_order_relaxed);
  }
}

void sqlite_committer::enter_full() {
  note_full();
  // Other writers wait meanwhile: the space is for the checkpoint, not for their next commit.
  const write_lock::guard turn{lock_};
  reserve_.release();
  try {
    checkpoint(sqlite_database::checkpoint_mode::truncate);
  } catch (const sqlite_failure& why) {
    if (!why.is_full())
      throw;
  }
}

sqlite_database::checkpoint_row sqlite_committer::checkpoint(sqlite_database::checkpoint_mode how) {
  struct patience {
    sqlite_database& of;
    explicit patience(sqlite_database& database) : of(database) { of.wait_when_busy(truncate_wait_ms); }
    ~patience() { of.wait_when_busy(sqlite_database::busy_ms); }
  } const little{database_};
  const auto started = steady::now();
  const auto row = database_.checkpoint(how);
  counters_.checkpoints.fetch_add(1, std::memory_order_relaxed);
  counters_.checkpoint.add(steady::now() - started);
  return row;
}

void sqlite_committer::checkpoint_if_due() {
  const auto pages = database_.wal_pages();
  if (pages < std::exchange(last_pages_, pages))
    next_checkpoint_ = settings_.checkpoint_pages; // another process brought all into the database
  if (pages < next_checkpoint_)
    return;
  sqlite_database::checkpoint_row row;
  if (pages < settings_.truncate_pages) {
    row = checkpoint(sqlite_database::checkpoint_mode::passive);
  } else {
    // Nobody can write while the file is started anew: they wait in the queue, not inside SQLite.
    const write_lock::guard turn{lock_};
    row = checkpoint(sqlite_database::checkpoint_mode::truncate);
  }
  // A reader that holds an old state keeps pages from being copied, and another process may be
  // at it: come back when as many are new.
  const bool all = !row.busy && row.copied_pages == row.wal_pages;
  next_checkpoint_ = all ? settings_.checkpoint_pages : pages + settings_.checkpoint_pages;
}

/// A connection that is out of order refuses every write and says nothing else: that must not last.
void sqlite_committer::note_failure(const sqlite_failure& why) {
  const auto now = steady::now();
  if (failing_since_ == steady::time_point{})
    failing_since_ = now;
  const bool occupied = why.extended_code() == SQLITE_BUSY || why.code() == SQLITE_LOCKED;
  if (!occupied && now - failing_since_ > refused_for_max)
    return die(why);
  if (!settings_.warn || (warned_at_ != steady::time_point{} && now - warned_at_ < warn_every))
    return;
  warned_at_ = now;
  settings_.warn(std::string{"the log refuses writes: "} + why.what() + " (SQLite " +
                 std::to_string(why.extended_code()) + ")" +
                 (occupied ? "; does another program hold the database?" : ""));
}

void sqlite_committer::die(const sqlite_failure& why) {
  dead_ = true;
  settings_.fatal(std::string{"the store cannot be trusted any more, ending: "} + why.what() + " (SQLite " +
                  std::to_string(why.extended_code()) + ", errno " + std::to_string(why.system_error()) +
                  "); check the disk, then start again");
}

} // namespace troupe::storage
