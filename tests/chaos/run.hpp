// tests/chaos/run.hpp
//
// One run: a node, load on it, faults, and the checker's verdict over everything that was seen.
#pragma once

#include "checker/check.hpp"
#include "checker/recorder.hpp"
#include "tests/support/live_client.hpp"
#include "tests/support/load.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace troupe::tests {

/// Keeps the recorder's file when the test fails and TROUPE_KEEP names a directory.
class run {
public:
  run(node::options how, load::options traffic);
  ~run();

  node& server() { return *node_; }
  load& traffic() { return *load_; }
  checker::recorder& recorder() { return *recorder_; }

  /// Notes that something was done to the server; later sends have to be acked again.
  void fault(const std::string& what);
  void kills();
  /// kill -9 and start again; false when it does not get ready or is not alive again.
  bool kills_and_returns(std::uint64_t acks_after = 50);

  /// Ends the load, reads the final history of every room and asks the checker.
  checker::verdict ends();
  /// The same for a node whose clients cannot come to rest: they are cut off first.
  checker::verdict ends_abruptly();
  /// The same for a log that another node serves, say from an image.
  checker::verdict judged_with(node& reader);

  /// Appends the terms of all stored rows, read from the node's own database.
  void records_terms(const std::filesystem::path& database);

private:
  checker::verdict judge(node& reader);

  temporary_directory directory_{"troupe-run"};
  std::unique_ptr<checker::recorder> recorder_;
  std::unique_ptr<node> node_;
  std::unique_ptr<load> load_;
};

/// One number out of a node's log, read beside it; 0 without a row.
std::int64_t ask_log(const std::filesystem::path& data, const std::string& query);

/// A node that came to others has got its share of the shards; false when it does not within a minute.
bool comes_to_own(const std::filesystem::path& data, const std::string& node);

/// A figure of docs/faults.md, to standard output: how long something took. Nothing is asserted of it.
void tells_time(const std::string& what, std::chrono::steady_clock::time_point since);

/// Says in one place, and loudly, that a test could not run here.
void skipped(const std::string& what, const std::string& why);

} // namespace troupe::tests
