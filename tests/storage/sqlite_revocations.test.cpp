// Revocations in a log that several processes share.
#include "storage/sqlite_revocations.hpp"
#include "storage/backup.hpp"
#include "storage/sqlite_files.hpp"
#include "tests/storage/directory.hpp"
#include "tests/storage/member_process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe::storage;
using namespace troupe::storage::testing;
using troupe::identity::revocation;
using outcome = revocation_store::outcome;

namespace {

constexpr time_ms now = 1'000'000;

std::unique_ptr<sqlite_revocations> open(const std::string& path, std::size_t entries_max = 100) {
  auto opened = sqlite_revocations::open({.directory = path, .entries_max = entries_max});
  INFO(opened.failure);
  REQUIRE(opened.store);
  return std::move(opened.store);
}

revocation of_token(const std::string& id, time_ms keep_until = now + 1'000) {
  return {revocation::kind::token, id, 0, keep_until};
}
revocation of_user(const std::string& user, time_ms before, time_ms keep_until = now + 1'000) {
  return {revocation::kind::user, user, before, keep_until};
}

revocation_store::changes since(revocation_store& store, std::uint64_t version, time_ms at = now) {
  const auto found = store.since(version, at);
  REQUIRE(found);
  return *found;
}

} // namespace

SCENARIO("what one node revokes another one learns, once") {
  const directory where;
  const auto one = open(where.path()), other = open(where.path());
  CHECK(since(*other, 0).version == 0);
  REQUIRE(one->put(of_token("a"), now) == outcome::stored);
  REQUIRE(one->put(of_user("ann", 500), now) == outcome::stored);
  const auto first = since(*other, 0);
  CHECK(first.entries == std::vector{of_token("a"), of_user("ann", 500)});
  CHECK(since(*other, first.version).entries.empty());
  REQUIRE(other->put(of_token("b"), now) == outcome::stored);
  CHECK(since(*one, first.version).entries == std::vector{of_token("b")});
  CHECK(since(*one, 0).entries.size() == 3);
}

SCENARIO("a revocation of another process is seen, and outlives that process") {
  const directory where;
  {
    member_process node{where.path(), "node-a"};
    REQUIRE(node.answers() == "entered 1");
    const auto here = open(where.path());
    CHECK(node.does("revoke ann") == "revoked 0");
    CHECK(since(*here, 0, 1'000).entries == std::vector{of_user("ann", 500, 2'000)});
    REQUIRE(here->put(of_user("bob", 500, 2'000), 1'000) == outcome::stored);
    node.kill();
  }
  CHECK(since(*open(where.path()), 0, 1'000).entries.size() == 2);
}

SCENARIO("a revocation only becomes sharper") {
  const directory where;
  const auto store = open(where.path());
  REQUIRE(store->put(of_user("ann", 500, now + 10), now) == outcome::stored);
  const auto before = since(*store, 0).version;
  REQUIRE(store->put(of_user("ann", 400, now + 5), now) == outcome::stored);
  CHECK(since(*store, 0).version == before); // nothing to tell
  REQUIRE(store->put(of_user("ann", 600, now + 5), now) == outcome::stored);
  CHECK(since(*store, before).entries == std::vector{of_user("ann", 600, now + 10)});
  CHECK(since(*store, 0).entries.size() == 1);
}

SCENARIO("revocations are bounded, and those that may be forgotten make room") {
  const directory where;
  const auto store = open(where.path(), 2);
  REQUIRE(store->put(of_token("a", now + 10), now) == outcome::stored);
  REQUIRE(store->put(of_token("b", now + 20), now) == outcome::stored);
  CHECK(store->put(of_token("c", now + 30), now) == outcome::full);
  CHECK(since(*store, 0).entries.size() == 2);
  CHECK(store->put(of_token("b", now + 40), now) == outcome::stored); // known already
  CHECK(since(*store, 0, now + 10).entries == std::vector{of_token("b", now + 40)});
  CHECK(store->put(of_token("c", now + 30), now + 10) == outcome::stored);
  CHECK(sqlite_database{where / "log.db", sqlite_database::access::read_write}.first_integer(
          "SELECT count(*) FROM revocation") == 2);
}

SCENARIO("a name is a name, whatever is in it") {
  const directory where;
  const auto store = open(where.path());
  const std::string name = "x'; DROP TABLE revocation; --";
  REQUIRE(store->put(of_token(name), now) == outcome::stored);
  CHECK(since(*store, 0).entries == std::vector{of_token(name)});
}

SCENARIO("after a restore from a backup, a node that knows more asks for everything") {
  const directory where, other;
  const auto store = open(where.path());
  REQUIRE(store->put(of_token("a"), now) == outcome::stored);
  REQUIRE(backup(where.path(), other / "copy").failure.empty());
  REQUIRE(store->put(of_token("b"), now) == outcome::stored);
  const auto version = since(*store, 0).version;
  const auto restored_at = other / "restored";
  REQUIRE(restore(other / "copy", restored_at).failure.empty());
  const auto restored = open(restored_at);
  const auto found = since(*restored, version);
  CHECK(found.version == version - 1);
  CHECK(found.entries == std::vector{of_token("a")});
}

SCENARIO("while another process holds the lock for writing, revocations can be read") {
  const directory where;
  const auto store = open(where.path());
  REQUIRE(store->put(of_token("a"), now) == outcome::stored);
  member_process node{where.path(), "node-a"};
  REQUIRE(node.answers() == "entered 1");
  REQUIRE(node.does("hold") == "holding");
  CHECK(since(*store, 0).entries.size() == 1);
}

SCENARIO("what is no data directory is not opened") {
  const auto opened = sqlite_revocations::open({.directory = "/proc/none"});
  CHECK_FALSE(opened.store);
  CHECK_FALSE(opened.failure.empty());
}
