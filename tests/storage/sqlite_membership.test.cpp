// Nodes of one machine in one directory: living, stopped, dead and mistaken ones.
#include "storage/backup.hpp"
#include "storage/verify.hpp"
#include "tests/storage/disk.hpp"
#include "tests/storage/member_process.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <thread>
#include <unistd.h>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

std::unique_ptr<sqlite_membership> connect(membership_settings settings) {
  auto opened = sqlite_membership::open(std::move(settings));
  INFO(opened.failure);
  REQUIRE(opened.store);
  return std::move(opened.store);
}

std::unique_ptr<sqlite_membership> connect(const directory& where) { return connect({.directory = where.path()}); }

void in_cluster_db(const directory& where, const std::string& sql) {
  sqlite_database{where / "cluster.db", sqlite_database::access::read_write}.execute(sql);
}

node_seen seen_node(membership_store& store, const std::string& name) {
  const auto seen = store.look();
  REQUIRE(seen);
  for (const auto& node : seen->nodes)
    if (node.row.node == name)
      return node;
  FAIL("there is no " + name);
  return {};
}

bool is_there(const member_process& process) { return ::kill(process.pid(), 0) == 0; }

} // namespace

SCENARIO("two processes write one log, and one takes a shard from the other") {
  const directory where;
  member_process a{where.path(), "node-a"};
  REQUIRE(a.answers() == "entered 1");
  member_process b{where.path(), "node-b"};
  REQUIRE(b.answers() == "entered 2");
  REQUIRE(shard_of("lounge") != shard_of("cellar"));
  REQUIRE(a.does("take lounge") == "taken 1");
  REQUIRE(b.does("take cellar") == "taken 1");
  REQUIRE(a.does("open lounge") == "opened 0");
  REQUIRE(b.does("open cellar") == "opened 0");

  a.is_told("append lounge 1000000 1"); // until it is stopped
  b.is_told("append cellar 100 1");
  CHECK(b.answers() == "appended 100 1");
  while (verify(where.path(), "lounge").head < 20)
    std::this_thread::yield();
  CHECK(b.does("take lounge") == "taken 2");
  const auto stored = a.answers(); // "appended N 2": its next one was fenced
  CHECK_THAT(stored, Catch::EndsWith(" 2"));
  CHECK(a.does("open lounge") == "refused 2");

  const auto head = stored.substr(9, stored.size() - 11);
  CHECK(b.does("open lounge") == "opened " + head);
  CHECK(b.does("append lounge 20 2000000") == "appended 20 1");
  for (const auto* room : {"lounge", "cellar"}) {
    const auto report = verify(where.path(), room);
    CHECK(report.failure.empty());
    CHECK_FALSE(report.fault);
  }
  CHECK(verify(where.path(), "lounge").head == std::stoul(head) + 20);
  // Rooms that another process made since the first look are known too.
  REQUIRE(a.does("take cellar") == "taken 2");
  CHECK(a.does("open cellar") == "opened 100");
  CHECK(b.does("append cellar 1 3000000") == "appended 0 2");
}

SCENARIO("a node that stopped in the middle of a transaction is killed, and its shards are taken") {
  const directory where;
  member_process frozen{where.path(), "node-b"};
  REQUIRE(frozen.answers() == "entered 1");
  REQUIRE(frozen.does("take lounge") == "taken 1");
  const auto store = connect(where);
  REQUIRE(frozen.does("hold") == "holding");
  frozen.stops();

  const auto node = seen_node(*store, "node-b");
  CHECK_FALSE(node.gone);
  CHECK(store->change({{shard_of("lounge"), 1, "node-a", 2}}) == std::nullopt);
  CHECK_FALSE(store->forget(node.row));

  CHECK(store->make_sure_dead(node.row));
  CHECK(seen_node(*store, "node-b").gone); // before its parent has taken notice
  CHECK(frozen.ended_by() == SIGKILL);
  CHECK(store->change({{shard_of("lounge"), 1, "node-a", 2}}) == std::vector<shard_id>{shard_of("lounge")});
  CHECK(store->forget(node.row));
  sqlite_database log{where / "log.db", sqlite_database::access::read_write};
  CHECK(log.first_integer("SELECT count(*) FROM meta WHERE key = 'held'") == 0);
}

SCENARIO("only the process that entered is killed") {
  const directory where;
  member_process other{where.path(), "node-b"};
  REQUIRE(other.answers() == "entered 1");
  const auto store = connect(where);
  const auto row = seen_node(*store, "node-b").row;
  WHEN("its pid belongs to a process that started at another time") {
    in_cluster_db(where, "UPDATE node SET started = started + 1");
    THEN("the node is dead, and the process goes on") {
      CHECK(seen_node(*store, "node-b").gone);
      CHECK(store->make_sure_dead(row));
      CHECK(is_there(other));
      CHECK(other.does("beat") == "beaten 1");
    }
  }
  WHEN("the machine was started anew since") {
    in_cluster_db(where, "UPDATE node SET machine = 'another boot'");
    THEN("the node is dead, and the process goes on") {
      CHECK(seen_node(*store, "node-b").gone);
      CHECK(seen_node(*store, "node-b").beat == 0);
      CHECK(store->make_sure_dead(row));
      CHECK(is_there(other));
    }
  }
  WHEN("the directory is a copy") {
    const directory copy;
    // By another process: one that has a database open must not close another descriptor of it.
    REQUIRE(std::system(("cp -r " + where.path() + "/. " + copy.path()).c_str()) == 0);
    const auto of_copy = connect(copy);
    THEN("the nodes of the original are dead here, live there, and are left alone") {
      CHECK(seen_node(*of_copy, "node-b").gone);
      CHECK_FALSE(seen_node(*store, "node-b").gone);
      CHECK(of_copy->make_sure_dead(row));
      CHECK(of_copy->enter({.node = "node-b", .boot = "copy"}).failure.empty());
      CHECK(is_there(other));
    }
  }
  WHEN("it cannot be seen from here") {
    in_cluster_db(where, "UPDATE node SET pid_namespace = 1");
    THEN("nothing is known, and nobody is killed") {
      CHECK_FALSE(seen_node(*store, "node-b").gone);
      CHECK_FALSE(store->make_sure_dead(row));
      CHECK_FALSE(store->forget(row));
      CHECK(is_there(other));
    }
  }
  WHEN("it is this process itself") {
    REQUIRE(store->enter({.node = "node-a", .boot = "self"}).incarnation != 0);
    THEN("it lives on") {
      CHECK_FALSE(store->make_sure_dead(seen_node(*store, "node-a").row));
      CHECK_FALSE(store->forget(seen_node(*store, "node-a").row));
    }
  }
  WHEN("it has left") {
    const auto pid = other.pid();
    in_cluster_db(where, "DELETE FROM node");
    THEN("there is nobody to kill") {
      CHECK(store->make_sure_dead(row));
      CHECK(::kill(pid, 0) == 0);
    }
  }
}

SCENARIO("a node enters only where it can live with the others") {
  const directory where;
  member_process other{where.path(), "node-b"};
  REQUIRE(other.answers() == "entered 1");
  const auto store = connect(where);
  const auto refusal = [&](const std::string& name) {
    const auto entered = store->enter({.node = name, .boot = "test"});
    CHECK(entered.incarnation == 0);
    return entered.failure;
  };
  const auto is_welcome = [&](const std::string& name) {
    const auto entered = store->enter({.node = name, .boot = "test"});
    INFO(entered.failure);
    CHECK(entered.incarnation != 0);
  };
  THEN("not by the name of a living one, in whatever process") {
    CHECK_THAT(refusal("node-b"),
               Catch::Contains("process " + std::to_string(other.pid())) && Catch::Contains("--node"));
    member_process third{where.path(), "node-b"};
    CHECK_THAT(third.answers(), Catch::StartsWith("refused") && Catch::Contains(std::to_string(other.pid())));
    CHECK(third.ended_by() == 0);
    is_welcome("node-a");
  }
  THEN("not beside another user's") {
    in_cluster_db(where, "UPDATE node SET uid = uid + 1");
    CHECK_THAT(refusal("node-a"), Catch::Contains("as one user"));
    other.kill();
    is_welcome("node-a");
  }
  THEN("not beside one of another container, as long as that one may live") {
    in_cluster_db(where, "UPDATE node SET pid_namespace = 1");
    const auto patient = connect({.directory = where.path(), .silent_ms_max = 3'600'000});
    CHECK_THAT(patient->enter({.node = "node-a", .boot = "test"}).failure, Catch::Contains("container"));
    const auto impatient = connect({.directory = where.path(), .silent_ms_max = -1});
    CHECK(impatient->enter({.node = "node-a", .boot = "test"}).failure.empty());
    CHECK(impatient->look()->nodes.size() == 1); // nobody could ever tell what became of the other
  }
  THEN("in the place of a dead one") {
    other.kill();
    is_welcome("node-b");
    CHECK(std::distance(std::filesystem::directory_iterator{where / "nodes"}, {}) == 1);
  }
}

SCENARIO("half a heartbeat is none") {
  const directory where;
  member_process other{where.path(), "node-b"};
  REQUIRE(other.answers() == "entered 1");
  const auto store = connect(where);
  const auto before = seen_node(*store, "node-b").beat;
  const auto file = where / "nodes/node-b.1.beat";
  REQUIRE(std::filesystem::file_size(file) == 40);
  WHEN("a record is torn") {
    const int torn = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    const std::int64_t later = 1'000'000'000'000;
    REQUIRE(::write(torn, "ropbeat1", 8) == 8);
    REQUIRE(::write(torn, &later, sizeof later) == sizeof later);
    ::close(torn);
    THEN("the last whole one counts, until there is another") {
      CHECK(read_heartbeat(file) == std::nullopt);
      CHECK(seen_node(*store, "node-b").beat == before);
      // Who has seen none goes by the time of the entry.
      CHECK(seen_node(*connect(where), "node-b").beat <= before);
      CHECK(seen_node(*connect(where), "node-b").beat > 0);
      CHECK(other.does("beat") == "beaten 1");
      CHECK(read_heartbeat(file)->incarnation == 1);
      CHECK(seen_node(*store, "node-b").beat >= before);
    }
  }
  WHEN("it is another incarnation's") {
    heartbeat_file{file}.write({boot_time_ms() + 1'000'000, 7, true});
    THEN("it does not count") {
      CHECK_FALSE(seen_node(*store, "node-b").draining);
      CHECK(seen_node(*store, "node-b").beat == before);
    }
  }
}

TEST_CASE("a shard that is nobody's cannot be written") {
  const directory where;
  const auto started = sqlite_log::start(small_settings(where.path()));
  REQUIRE(started.log);
  CHECK(open(*started.log, {"lounge", 0, "epoch", 0, 0}).status == status::fenced);
  CHECK(open(*started.log, {"lounge", 1, "epoch", 0, 0}).status == status::fenced);
}

TEST_CASE("a change that cannot be synced ends the process") {
  const disk::repaired_at_end guard;
  const directory where;
  int ended = 0;
  const auto store = connect({.directory = where.path(), .fatal = [&](std::string_view) { ++ended; }});
  disk::broken_sync = true;
  CHECK(store->change({{0, 0, "node-a", 1}}) == std::nullopt);
  CHECK(ended == 1);
}

TEST_CASE("a log starts beside others although somebody reads an old state of it") {
  const directory where;
  const auto first = start(where.path());
  auto lounge = opened_room(first, "lounge");
  lounge.appends_texts(3, 1);
  sqlite_database backup{where / "log.db", sqlite_database::access::read_write};
  const read_transaction long_one{backup};
  CHECK(backup.first_integer("SELECT count(*) FROM message") == 3);
  lounge.appends_texts(3, 4);
  const auto second = start(where.path());
  CHECK(opened_room(second, "lounge").head() == 6);
}

TEST_CASE("what one process gave up for lack of space counts for all") {
  const disk::repaired_at_end guard;
  const directory where;
  const auto log = start(where.path());
  auto lounge = opened_room(log, "lounge");
  disk::no_reserve = true;
  std::filesystem::remove(where / "log.reserve");
  CHECK(lounge.appends_texts(1, 1).status == status::full);
  CHECK(log->counters().full_now == 1);
  CHECK_FALSE(std::filesystem::exists(where / "log.reserve"));
  disk::no_reserve = false;
  auto again = status::full;
  for (unsigned i = 0; i < 500 && again == status::full; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
    lounge.opens();
    again = lounge.appends_texts(1, 2).status;
  }
  CHECK(again == status::ok);
  CHECK(std::filesystem::exists(where / "log.reserve"));
}

TEST_CASE("a restore waits for no node: it refuses while one runs, and forgets those that did") {
  const directory place;
  const auto file = place / "backup.db";
  {
    const auto log = start(place / "one");
    opened_room(log, "lounge").appends_texts(3, 1);
    REQUIRE(backup(place / "one", file).failure.empty());
    std::filesystem::rename(place / "one/log.db", place / "moved.db");
    CHECK_THAT(restore(file, place / "one").failure, Catch::Contains("log.db-wal"));
    std::filesystem::rename(place / "one/log.db-wal", place / "moved.db-wal");
    CHECK_THAT(restore(file, place / "one").failure, Catch::Contains("a node runs on"));
  }
  member_process dead{place / "two", "node-b"};
  REQUIRE(dead.answers() == "entered 1");
  dead.kill();
  for (const auto* name : {"log.db", "log.db-wal", "log.db-shm"})
    std::filesystem::remove(place / "two" + ("/" + std::string{name}));
  REQUIRE(restore(file, place / "two").failure.empty());
  CHECK(connect({.directory = place / "two"})->look()->nodes.empty());
}

TEST_CASE("a damaged list of nodes is refused, with what to do") {
  const directory where;
  connect(where).reset();
  std::filesystem::resize_file(where / "cluster.db", 100);
  CHECK_THAT(sqlite_membership::open({.directory = where.path()}).failure,
             Catch::Contains("remove " + (where / "cluster.db")));
  std::filesystem::remove(where / "cluster.db");
  CHECK(connect(where)->look()->shards.size() == shard_count);
}

TEST_CASE("a log has one sole owner") {
  const directory where;
  const auto starts = [&](const std::string& name) {
    return sole_owner::start(small_settings(where.path()), {.node = name, .boot = "test"});
  };
  auto first = starts("node-a");
  REQUIRE(first.owner);
  CHECK(first.owner->term_of("lounge") == 1);
  CHECK_THAT(starts("node-a").failure, Catch::Contains("--node"));
  CHECK_THAT(starts("node-b").failure, Catch::Contains("--data"));
  CHECK(open(first.owner->log(), {"lounge", 1, "epoch", 0, 0}).status == status::ok);
  first.owner.reset();
  CHECK(starts("node-b").owner->term_of("lounge") == 2);
}
