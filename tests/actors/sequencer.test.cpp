#include "actors/sequencer.hpp"
#include "protocol/names.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

constexpr protocol::time_ms start = 1'700'000'000'000;

to_room::submit send(unsigned number, std::string body = "hello", protocol::time_ms time = start) {
  to_room::submit what;
  what.relay = "node-a";
  what.connection = 256;
  what.user = "ann";
  const unsigned char random[10] = {static_cast<unsigned char>(number), static_cast<unsigned char>(number >> 8)};
  what.cid = protocol::make_ulid(time, random);
  what.kind = "text";
  what.body = std::move(body);
  return what;
}

sequencer opened(std::uint32_t mailbox_max = 100) {
  sequencer s({"lounge", protocol::durability::disk, mailbox_max, 30LL * 24 * 3'600'000});
  room_effects out;
  std::vector<storage::record> surprises;
  storage::open_result result{storage::status::ok, {}};
  result.head.epoch = "e1";
  s.opened(result, start, out, surprises);
  return s;
}

template <class Effect>
std::vector<Effect> of(const room_effects& all) {
  std::vector<Effect> found;
  for (const auto& effect : all)
    if (const auto* one = std::get_if<Effect>(&effect))
      found.push_back(*one);
  return found;
}

template <class News>
std::vector<News> news(const room_effects& all) {
  std::vector<News> found;
  for (const auto& tell : of<room_does::tell>(all))
    if (const auto* one = std::get_if<News>(&tell.what))
      found.push_back(*one);
  return found;
}

} // namespace

SCENARIO("one run at a time, and what waited goes together in the next") {
  auto s = opened();
  room_effects out;
  for (unsigned i = 0; i < 4; ++i)
    s.submit(send(i), start, out);
  auto commits = of<room_does::commit>(out);
  REQUIRE(commits.size() == 1);
  CHECK(commits.front().records.size() == 1);
  out.clear();
  s.appended({storage::status::ok, {}}, 256, start, out);
  CHECK(news<from_room::published>(out).front().records.front().seq == 1);
  commits = of<room_does::commit>(out);
  REQUIRE(commits.size() == 1);
  CHECK(commits.front().records.size() == 3);
  CHECK(commits.front().records.back().seq == 4);
}

SCENARIO("a run is no longer than the log wants it") {
  auto s = opened();
  room_effects out;
  for (unsigned i = 0; i < 40; ++i)
    s.submit(send(i), start, out);
  out.clear();
  s.appended({storage::status::ok, {}}, 32, start, out);
  CHECK(of<room_does::commit>(out).front().records.size() == 32);
}

SCENARIO("time never goes back, and the chain goes on from record to record") {
  auto s = opened();
  room_effects out;
  s.submit(send(1), start + 50, out);
  auto first = s.appended({storage::status::ok, {}}, 256, start + 50, out);
  out.clear();
  s.submit(send(2), start + 10, out);
  const auto second = of<room_does::commit>(out).front().records.front();
  CHECK(second.time == start + 50);
  CHECK(second.chain ==
        protocol::chain_next(first.front().chain, {2, second.time, "ann", second.cid, "text", 0, 0, second.digest}));
}

SCENARIO("a mailbox takes its bound, and one past it is refused with a time to retry") {
  auto s = opened(3);
  room_effects out;
  for (unsigned i = 0; i < 5; ++i) // The first is committing, three wait.
    s.submit(send(i), start, out);
  const auto refused = news<from_room::refused>(out);
  REQUIRE(refused.size() == 1);
  CHECK(refused.front().error.code == protocol::code::overloaded);
  CHECK(refused.front().error.after_ms);
}

SCENARIO("cids below the floor and more than a day ahead are refused, each in its way") {
  auto s = opened();
  s.raise_floor(start);
  room_effects out;
  s.submit(send(1, "old", start - 1), start, out);
  s.submit(send(2, "early", start + 24 * 3'600'000 + 1), start, out);
  const auto refused = news<from_room::refused>(out);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].error.code == protocol::code::conflict);
  CHECK_FALSE(refused[0].error.seq);
  CHECK(refused[1].error.code == protocol::code::bad_request);
  s.submit(send(3, "now", start), start, out);
  s.submit(send(4, "just", start + 24 * 3'600'000), start, out);
  CHECK(news<from_room::refused>(out).size() == 2);
}

SCENARIO("the floor follows the room's time") {
  auto s = opened();
  room_effects out;
  constexpr auto month = 30LL * 24 * 3'600'000;
  s.submit(send(1), start, out);
  s.appended({storage::status::ok, {}}, 256, start, out);
  s.submit(send(2, "old", start - month), start, out);
  CHECK(news<from_room::refused>(out).empty());
  s.submit(send(3, "older", start - month - 1), start, out);
  CHECK(news<from_room::refused>(out).size() == 1);
}

SCENARIO("duplicates that the log finds are answered, and the rest of the run is numbered anew") {
  auto s = opened();
  room_effects out;
  s.submit(send(0), start, out);
  for (unsigned i = 1; i <= 3; ++i)
    s.submit(send(i), start, out);
  s.appended({storage::status::ok, {}}, 256, start, out);
  out.clear();
  storage::append_result found{storage::status::duplicate, {{1, 77, {}, std::nullopt}}};
  s.appended(found, 256, start, out);
  const auto repeated = news<from_room::repeated>(out);
  REQUIRE(repeated.size() == 1);
  CHECK(repeated.front().ack.seq == 77);
  CHECK(repeated.front().ack.dup);
  const auto run = of<room_does::commit>(out).front().records;
  REQUIRE(run.size() == 2);
  CHECK(run[0].cid == send(1).cid);
  CHECK(run[1].cid == send(3).cid);
  CHECK(run[1].seq == 3);
}

SCENARIO("another owner's fence ends the room, which says nothing more to the senders") {
  auto s = opened();
  room_effects out;
  s.submit(send(1), start, out);
  s.submit(send(2), start, out);
  out.clear();
  s.appended({storage::status::fenced, {}}, 256, start, out);
  CHECK(out.size() == 1);
  CHECK(of<room_does::retire>(out).size() == 1);
}

SCENARIO("a change of an old message waits for its look-up, and what came later waits behind it") {
  auto s = opened();
  storage::open_result result{storage::status::ok, {}};
  result.head.epoch = "e1";
  result.head.head = 10;
  room_effects out;
  std::vector<storage::record> surprises;
  s.opened(result, start, out, surprises);
  auto edit = send(1, "new");
  edit.kind = "edit";
  edit.target = 4;
  s.submit(edit, start, out);
  s.submit(send(2), start, out);
  REQUIRE(of<room_does::look_up>(out).size() == 1);
  CHECK(of<room_does::commit>(out).empty());
  out.clear();
  SECTION("it is one's own") {
    storage::record target;
    target.seq = 4;
    target.user = "ann";
    target.kind = "text";
    s.found(4, {storage::status::ok, target}, start, out);
    const auto run = of<room_does::commit>(out).front().records;
    CHECK(run.size() == 2);
    CHECK(run.front().kind == "edit");
  }
  SECTION("it is gone") {
    s.found(4, {storage::status::not_found, {}}, start, out);
    CHECK(news<from_room::refused>(out).front().error.code == protocol::code::not_found);
    CHECK(of<room_does::commit>(out).front().records.size() == 1);
  }
  SECTION("it cannot be read") {
    const auto why = GENERATE(storage::status::unknown, storage::status::overloaded);
    s.found(4, {why, {}}, start, out);
    REQUIRE(news<from_room::refused>(out).size() == 1);
    const auto refused = news<from_room::refused>(out).front();
    CHECK(refused.cid == edit.cid);
    CHECK(refused.error.code == protocol::code::store_unavailable);
    CHECK(refused.error.retry == protocol::retry::same);
    CHECK(of<room_does::look_up>(out).empty());
    REQUIRE(of<room_does::commit>(out).size() == 1);
    CHECK(of<room_does::commit>(out).front().records.front().cid == send(2).cid);
    s.appended({storage::status::ok, {}}, 256, start, out);
    out.clear();
    AND_WHEN("it is sent again, it is looked up again, and taken") {
      s.submit(edit, start, out);
      REQUIRE(of<room_does::look_up>(out).size() == 1);
      storage::record target;
      target.seq = 4;
      target.user = "ann";
      target.kind = "text";
      s.found(4, {storage::status::ok, target}, start, out);
      REQUIRE(of<room_does::commit>(out).size() == 1);
      CHECK(of<room_does::commit>(out).front().records.front().cid == edit.cid);
    }
  }
}

SCENARIO("of several changes of a message that cannot be read each is looked up for itself") {
  auto s = opened();
  storage::open_result result{storage::status::ok, {}};
  result.head.epoch = "e1";
  result.head.head = 10;
  room_effects out;
  std::vector<storage::record> surprises;
  s.opened(result, start, out, surprises);
  for (unsigned i = 0; i < 2; ++i) {
    auto reaction = send(i, "+");
    reaction.kind = "reaction";
    reaction.target = 4;
    s.submit(reaction, start, out);
  }
  out.clear();
  s.found(4, {storage::status::unknown, {}}, start, out);
  CHECK(news<from_room::refused>(out).size() == 1);
  REQUIRE(of<room_does::look_up>(out).size() == 1);
  out.clear();
  s.found(4, {storage::status::not_found, {}}, start, out);
  REQUIRE(news<from_room::refused>(out).size() == 1);
  CHECK(news<from_room::refused>(out).front().error.code == protocol::code::not_found);
}
