// A node's store in a process of its own, told what to do on stdin:
//   troupe_storage_member DIRECTORY NAME
// It enters and says "entered INCARNATION", or "refused WHY" and ends. Then:
//   take ROOM             takes the room's shard     "taken TERM" or "missed"
//   open ROOM             opens it under that term   "opened HEAD" or "refused STATUS"
//   append ROOM COUNT CID up to COUNT messages one by one, until one is refused: "appended N STATUS"
//   beat                  a heartbeat                "beaten OK"
//   revoke USER           all tokens of that user    "revoked OUTCOME"
//   hold                  "holding", and stops itself with the writers' lock in the middle of a transaction
// At the end of stdin it leaves.
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_log.hpp"
#include "storage/sqlite_membership.hpp"
#include "storage/sqlite_revocations.hpp"
#include "tests/storage/story.hpp"

#include <csignal>
#include <iostream>
#include <map>
#include <sstream>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

void tell(const std::string& line) { std::cout << line << std::endl; }

std::string number(status s) { return std::to_string(static_cast<int>(s)); }

class member {
public:
  member(std::string directory, std::string name) : directory_(std::move(directory)), name_(std::move(name)) {}

  bool enters() {
    sqlite_settings settings;
    settings.store.directory = directory_;
    settings.store.reserve_bytes = 64 * 1024;
    settings.store.readers = 1;
    auto log = sqlite_log::start(settings);
    auto opened = sqlite_membership::open({.directory = directory_});
    if (!log.log || !opened.store) {
      tell("refused " + log.failure + opened.failure);
      return false;
    }
    log_ = std::move(log.log);
    nodes_ = std::move(opened.store);
    const auto entered = nodes_->enter({.node = name_, .address = "127.0.0.1:1", .boot = "boot of " + name_});
    incarnation_ = entered.incarnation;
    tell(incarnation_ == 0 ? "refused " + entered.failure : "entered " + std::to_string(incarnation_));
    return incarnation_ != 0;
  }

  void take(const std::string& room) {
    const auto shard = shard_of(room);
    const auto term = nodes_->look().value().shards[shard].term;
    const auto changed = nodes_->change({{shard, term, name_, incarnation_}});
    if (changed && changed->size() == 1)
      terms_[room] = term + 1;
    tell(changed && changed->size() == 1 ? "taken " + std::to_string(term + 1) : "missed");
  }

  void open(const std::string& room) {
    rooms_.insert_or_assign(room, std::make_unique<room_story>(*log_, room, terms_[room]));
    const auto opened = rooms_.at(room)->opens();
    tell(opened.status == status::ok ? "opened " + std::to_string(opened.head.head)
                                     : "refused " + number(opened.status));
  }

  void append(const std::string& room, unsigned count, unsigned first_cid) {
    unsigned stored = 0;
    auto last = status::ok;
    while (stored < count && last == status::ok) {
      last = rooms_.at(room)->appends_texts(1, first_cid + stored).status;
      stored += last == status::ok;
    }
    tell("appended " + std::to_string(stored) + " " + number(last));
  }

  void beat() { tell(nodes_->beat(false) ? "beaten 1" : "beaten 0"); }

  void revoke(const std::string& user) {
    const auto opened = sqlite_revocations::open({.directory = directory_});
    const auto outcome = opened.store->put({troupe::identity::revocation::kind::user, user, 500, 2'000}, 1'000);
    tell("revoked " + std::to_string(static_cast<int>(outcome)));
  }

  [[noreturn]] void hold() {
    const log_files files{directory_};
    write_lock lock{files.lock};
    const write_lock::guard turn{lock};
    const auto database = open_for_writing(files.database);
    const write_transaction never_ends{*database};
    database->execute("INSERT INTO meta(key, value) VALUES('held', 1)");
    tell("holding");
    for (;;)
      ::raise(SIGSTOP);
  }

  void leaves() {
    log_.reset();
    nodes_->leave();
  }

private:
  std::string directory_;
  std::string name_;
  std::unique_ptr<sqlite_log> log_;
  std::unique_ptr<sqlite_membership> nodes_;
  incarnation_t incarnation_ = 0;
  std::map<std::string, term_t> terms_;
  std::map<std::string, std::unique_ptr<room_story>> rooms_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 64;
  member self{argv[1], argv[2]};
  if (!self.enters())
    return 1;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words{line};
    std::string verb;
    std::string room;
    unsigned count = 0;
    unsigned cid = 0;
    words >> verb >> room >> count >> cid;
    if (verb == "take")
      self.take(room);
    else if (verb == "open")
      self.open(room);
    else if (verb == "append")
      self.append(room, count, cid);
    else if (verb == "beat")
      self.beat();
    else if (verb == "revoke")
      self.revoke(room);
    else if (verb == "hold")
      self.hold();
    else
      return 64;
  }
  self.leaves();
  return 0;
}
