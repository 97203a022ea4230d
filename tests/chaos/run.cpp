#include "tests/chaos/run.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace troupe::tests {

run::run(node::options how, load::options traffic)
  : recorder_{std::make_unique<checker::recorder>(directory_ / "run.jsonl")}, node_{std::make_unique<node>(
                                                                                std::move(how))} {
  node_->start();
  traffic.where = node_->where();
  load_ = std::make_unique<load>(std::move(traffic), *recorder_);
}

run::~run() {
  load_.reset();
  recorder_.reset();
  if (const char* keep = std::getenv("TROUPE_KEEP")) {
    std::error_code failed;
    std::filesystem::copy(directory_.path(), keep,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing,
                          failed);
  }
}

void run::fault(const std::string& what) {
  checker::event made;
  made.ev = checker::happening::fault;
  made.what = what;
  recorder_->append(made);
}

void run::kills() {
  node_->kill();
  fault("kill -9");
}

bool run::kills_and_returns(std::uint64_t acks_after) {
  kills();
  node_->start();
  return load_->progresses(acks_after);
}

checker::verdict run::ends() {
  load_->stop_sending();
  if (!load_->settles())
    std::fprintf(stderr, "the clients did not come to rest:\n%s", load_->state().c_str());
  load_->end();
  return judge(*node_);
}

checker::verdict run::ends_abruptly() {
  load_->end();
  return judge(*node_);
}

checker::verdict run::judged_with(node& reader) { return judge(reader); }

checker::verdict run::judge(node& reader) {
  {
    live_client auditor{reader.where(), {.user = "auditor"}};
    for (const auto& room : load_->rooms())
      record_final_history(*recorder_, auditor, room);
  }
  const auto file = recorder_->file();
  recorder_.reset(); // Closes the file.
  return checker::check(checker::read_history(file));
}

void run::records_terms(const std::filesystem::path& database) {
  sqlite3* db = nullptr;
  sqlite3_stmt* rows = nullptr;
  const char* query =
    "SELECT name, message.id & 68719476735, term FROM message JOIN room ON room.id = message.id >> 36 "
    "ORDER BY message.id";
  if (sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK ||
      sqlite3_prepare_v2(db, query, -1, &rows, nullptr) != SQLITE_OK) {
    const std::string why = sqlite3_errmsg(db);
    sqlite3_close(db);
    throw std::runtime_error{"terms of " + database.string() + ": " + why};
  }
  while (sqlite3_step(rows) == SQLITE_ROW) {
    checker::event made;
    made.ev = checker::happening::term;
    made.room = reinterpret_cast<const char*>(sqlite3_column_text(rows, 0));
    made.seq = static_cast<checker::seq_t>(sqlite3_column_int64(rows, 1));
    made.term = static_cast<std::uint64_t>(sqlite3_column_int64(rows, 2));
    recorder_->append(made);
  }
  sqlite3_finalize(rows);
  sqlite3_close(db);
}

std::int64_t ask_log(const std::filesystem::path& data, const std::string& query) {
  sqlite3* db = nullptr;
  sqlite3_stmt* rows = nullptr;
  std::int64_t number = 0;
  if (sqlite3_open_v2((data / "log.db").c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(db, query.c_str(), -1, &rows, nullptr) == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW)
    number = sqlite3_column_int64(rows, 0);
  sqlite3_finalize(rows);
  sqlite3_close(db);
  return number;
}

bool comes_to_own(const std::filesystem::path& data, const std::string& node) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (ask_log(data, "SELECT count(*) FROM shard WHERE owner = '" + node + "'") < 60) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

void tells_time(const std::string& what, std::chrono::steady_clock::time_point since) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  std::printf("%s: %.3f s\n", what.c_str(), took.count());
}

void skipped(const std::string& what, const std::string& why) {
  std::fprintf(stderr,
               "\n************************************************************************\n"
               "SKIPPED: %s\n         %s\n"
               "************************************************************************\n\n",
               what.c_str(), why.c_str());
}

} // namespace troupe::tests
