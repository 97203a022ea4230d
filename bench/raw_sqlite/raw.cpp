#include "bench/raw_sqlite/load.hpp"
#include "protocol/names.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_schema.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sys/resource.h>
#include <utility>

namespace troupe::bench {

namespace {

using steady = std::chrono::steady_clock;
using storage::bytes_view;
using storage::sqlite_database;

/// What somebody would write who needs nothing but the rows on the disk: the same file
/// settings and tables, an insert into each, a commit.
class raw_log {
public:
  explicit raw_log(const std::string& directory)
    : database_(storage::open_for_writing((std::filesystem::create_directories(directory), directory + "/raw.db"))) {
    database_->execute("BEGIN IMMEDIATE");
    storage::make_schema(*database_);
    database_->execute("COMMIT");
    begin_ = database_->prepare("BEGIN IMMEDIATE");
    commit_ = database_->prepare("COMMIT");
    message_ = database_->prepare("INSERT INTO message(id, time, term, user, cid, kind, body, salt, digest, reply_to,"
                                  " target, chain) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sent_ = database_->prepare("INSERT INTO sent(room, user, cid, seq, digest) VALUES(?, ?, ?, ?, ?)");
  }

  void begin() { begin_.run(); }
  void insert(std::int64_t room, const storage::record& r) {
    sent_.run(room, r.user, r.cid, r.seq, bytes_view{r.digest});
    message_.run(storage::message_key(room, r.seq), r.time, 1, r.user, r.cid, r.kind, r.body, bytes_view{r.salt},
                 bytes_view{r.digest}, r.reply_to, r.target, bytes_view{r.chain});
  }
  void commit() {
    commit_.run();
    if (database_->wal_pages() >= checkpoint_pages)
      database_->checkpoint(sqlite_database::checkpoint_mode::passive);
  }

private:
  static constexpr int checkpoint_pages = 3'072; // as the log does
  std::unique_ptr<sqlite_database> database_;
  storage::statement begin_, commit_, message_, sent_;
};

} // namespace

double cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec); };
  return us(used.ru_utime) + us(used.ru_stime);
}

latency percentiles(std::vector<double> us) {
  std::sort(us.begin(), us.end());
  return {us[us.size() / 2], us[us.size() * 99 / 100]};
}

message_source::message_source(const load_settings& with) : with_(with), body_(with.body_bytes, 'x') {}

storage::record message_source::next(unsigned, storage::seq_t seq) {
  storage::record r;
  r.seq = seq;
  r.time = ++now_;
  r.user = "user-" + std::to_string(random_() % with_.users);
  unsigned char randomness[10];
  for (auto& c : randomness)
    c = static_cast<unsigned char>(random_());
  r.cid = protocol::make_ulid(now_, randomness);
  r.kind = "text";
  r.body = body_;
  for (auto& c : r.salt)
    c = static_cast<std::uint8_t>(random_());
  // Hashing is the room's work, not the store's.
  for (auto& c : r.digest)
    c = static_cast<std::uint8_t>(random_());
  r.chain = r.digest;
  return r;
}

throughput raw_throughput(const load_settings& with) {
  raw_log log{with.directory};
  message_source source{with};
  std::vector<storage::seq_t> heads(with.rooms);
  std::uint64_t rows = 0;
  std::uint64_t commits = 0;
  std::chrono::duration<double> took{0};
  const auto cpu_before = cpu_us();
  std::vector<std::pair<unsigned, storage::record>> batch;
  while (took.count() < with.seconds) {
    batch.clear();
    for (unsigned i = 0; i < with.batch; ++i, ++rows) {
      const auto room = static_cast<unsigned>(rows % with.rooms);
      batch.emplace_back(room + 1, source.next(room, ++heads[room]));
    }
    // Making the messages does not count.
    const auto start = steady::now();
    log.begin();
    for (const auto& [room, message] : batch)
      log.insert(room, message);
    log.commit();
    took += steady::now() - start;
    ++commits;
  }
  const auto stored = static_cast<double>(rows);
  return {stored / took.count(), stored / static_cast<double>(commits), (cpu_us() - cpu_before) / stored};
}

latency raw_single_commits(const load_settings& with) {
  raw_log log{with.directory};
  message_source source{with};
  std::vector<double> us;
  for (unsigned i = 0; i < with.singles; ++i) {
    const auto message = source.next(0, i + 1);
    const auto start = steady::now();
    log.begin();
    log.insert(1, message);
    log.commit();
    us.push_back(std::chrono::duration<double, std::micro>(steady::now() - start).count());
  }
  return percentiles(std::move(us));
}

} // namespace troupe::bench
