// message_log's contract: numbering, whole runs, duplicates, the fence, retention.
#include "tests/storage/message_log_contract.hpp"
#include "tests/storage/story.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

using namespace troupe::storage;
using namespace troupe::storage::testing;
using troupe::protocol::chain_start;

TEST_CASE("a new room starts empty, with the epoch it was given") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  const auto opened = lounge.opens(10);
  REQUIRE(opened.status == status::ok);
  CHECK(opened.head.epoch == "epoch-of-lounge");
  CHECK(opened.head.head == 0);
  CHECK(opened.head.min == 1);
  CHECK(opened.head.chain == chain_start("lounge", "epoch-of-lounge"));
  CHECK(opened.head.recent.empty());

  SECTION("and keeps that epoch when it is opened again with another one") {
    const auto again = open(store->log(), {"lounge", lounge.term(), "another", 0, 512});
    CHECK(again.head.epoch == "epoch-of-lounge");
  }
}

TEST_CASE("a run is stored with all its fields and seen by the next open") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  auto first = lounge.says("ann", "hello", 1);
  auto second = lounge.says("bob", "\"quoted\" \x01 \xf0\x9f\x98\x80", 2);
  REQUIRE(lounge.appends({first, second}).status == status::ok);

  const auto opened = room_story{store->log(), "lounge", lounge.term()}.opens(10);
  CHECK(opened.head.head == 2);
  CHECK(opened.head.time == second.time);
  CHECK(opened.head.chain == second.chain);
  CHECK(opened.head.recent == std::vector{first, second});
  CHECK(find(store->log(), "lounge", 1) == first);
  CHECK(look_up(store->log(), "lounge", 3).status == status::not_found);
  CHECK(look_up(store->log(), "nowhere", 1).status == status::not_found);

  SECTION("an open gives the newest records, ascending, at most as many as asked") {
    CHECK(room_story{store->log(), "lounge", lounge.term()}.opens(1).head.recent == std::vector{second});
    CHECK(room_story{store->log(), "lounge", lounge.term()}.opens(0).head.recent.empty());
  }
}

TEST_CASE("a run that does not follow the head is refused whole") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  REQUIRE(lounge.appends_texts(3, 1).status == status::ok);

  SECTION("because it leaves a hole") {
    lounge.says("ann", "lost", 10);
    CHECK(lounge.appends({lounge.says("ann", "next", 11)}).status == status::seq_mismatch);
  }
  SECTION("because its seq is taken") {
    lounge.forgets(2, {});
    CHECK(lounge.appends({lounge.says("ann", "again", 12)}).status == status::seq_mismatch);
  }
  SECTION("because there is a hole inside it") {
    auto records = std::vector{lounge.says("ann", "four", 13)};
    lounge.says("ann", "five", 14);
    records.push_back(lounge.says("ann", "six", 15));
    CHECK(lounge.appends(records).status == status::seq_mismatch);
  }
  SECTION("because it belongs to another epoch") {
    auto other = lounge.of({lounge.says("ann", "four", 16)});
    other.epoch = "another";
    CHECK(append(store->log(), other).status == status::seq_mismatch);
  }
  SECTION("because nobody opened the room") {
    room_story cellar{store->log(), "cellar", store->term_of("cellar")};
    CHECK(cellar.appends({cellar.says("ann", "hello", 17)}).status == status::seq_mismatch);
  }
  const auto now = room_story{store->log(), "lounge", lounge.term()}.opens(10);
  CHECK(now.head.head == 3);
  CHECK(now.head.recent.size() == 3);
}

TEST_CASE("a cid that is stored already refuses the whole run and tells the first seq") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  const auto first = lounge.says("ann", "hello", 1);
  REQUIRE(lounge.appends({first, lounge.says("bob", "hi", 2)}).status == status::ok);
  const auto head = lounge.head();
  const auto chain = lounge.chain();

  const auto refused =
    lounge.appends({lounge.says("ann", "new", 3), lounge.says("ann", "other words", 1), lounge.says("bob", "hi", 2)});
  REQUIRE(refused.status == status::duplicate);
  REQUIRE(refused.duplicates.size() == 2);
  CHECK(refused.duplicates[0].index == 1);
  CHECK(refused.duplicates[0].seq == 1);
  CHECK(refused.duplicates[0].digest == first.digest);
  CHECK(refused.duplicates[0].message == first);
  CHECK(refused.duplicates[1].index == 2);
  CHECK(refused.duplicates[1].seq == 2);

  AND_WHEN("the rest is sent with the seqs that are free") {
    lounge.forgets(head, chain);
    CHECK(lounge.appends({lounge.says("ann", "new", 3)}).status == status::ok);
    CHECK(find(store->log(), "lounge", 3)->body == "new");
  }
  AND_WHEN("another user, or the same one elsewhere, uses that cid") {
    lounge.forgets(head, chain);
    CHECK(lounge.appends({lounge.says("cid", "hello", 1)}).status == status::ok);
    room_story cellar{store->log(), "cellar", store->term_of("cellar")};
    cellar.opens();
    CHECK(cellar.appends({cellar.says("ann", "hello", 1)}).status == status::ok);
  }
  AND_WHEN("a run names a new cid twice") {
    lounge.forgets(head, chain);
    const auto twice = lounge.appends({lounge.says("ann", "a", 9), lounge.says("ann", "b", 9)});
    REQUIRE(twice.status == status::duplicate);
    REQUIRE(twice.duplicates.size() == 1);
    CHECK(twice.duplicates[0].index == 1);
    CHECK(twice.duplicates[0].seq == 0);
    CHECK(room_story{store->log(), "lounge", lounge.term()}.opens().head.head == head);
  }
  AND_WHEN("the server says something, without a cid") {
    lounge.forgets(head, chain);
    CHECK(lounge.appends({lounge.says("", "muted", 0, "system"), lounge.says("", "muted", 0, "system")}).status ==
          status::ok);
  }
}

TEST_CASE("a run of another owner's term is fenced") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  REQUIRE(lounge.appends_texts(2, 1).status == status::ok);
  store->take_over("lounge");

  CHECK(lounge.appends_texts(1, 3).status == status::fenced);
  CHECK(lounge.belongs("ann", "member") == status::fenced);
  CHECK(lounge.prunes(1).status == status::fenced);
  CHECK(lounge.opens().status == status::fenced);
  CHECK(find(store->log(), "lounge", 3) == std::nullopt);
}

TEST_CASE("a fenced run leaves the others of its commit alone") {
  TROUPE_EACH_BACKEND(store);
  std::vector<room_story> rooms;
  for (const auto* name : {"a", "b", "c"})
    rooms.emplace_back(store->log(), name, store->term_of(name)).opens();
  rooms[1].term_is(rooms[1].term() + 7);
  if (!store->durable())
    rooms[1].term_is(0); // in memory only a lower term is known to be wrong
  std::vector<answer<append_result>> answers(3);
  for (std::size_t i = 0; i < 3; ++i)
    store->log().append(rooms[i].of({rooms[i].says("ann", "hello", 1)}), answers[i].take());
  CHECK(answers[0].get().status == status::ok);
  CHECK(answers[1].get().status == status::fenced);
  CHECK(answers[2].get().status == status::ok);
}

TEST_CASE("runs of one room take effect in the order of the calls") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  constexpr unsigned runs = 300;
  std::vector<answer<append_result>> answers(runs);
  for (unsigned i = 0; i < runs; ++i)
    store->log().append(lounge.of({lounge.says("ann", std::to_string(i), i + 1)}), answers[i].take());
  for (auto& a : answers)
    REQUIRE(a.get().status == status::ok);
  CHECK(room_story{store->log(), "lounge", lounge.term()}.opens().head.chain == lounge.chain());
}

TEST_CASE("a prune drops the oldest, never the newest, and keeps what the next page needs") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  lounge.time_is(5'000);
  REQUIRE(lounge.appends_texts(10, 1).status == status::ok); // at 5000 … 5009
  const auto sixth = *find(store->log(), "lounge", 6);

  SECTION("by count") {
    const auto pruned = lounge.prunes(4);
    CHECK(pruned.status == status::ok);
    CHECK(pruned.min == 7);
    const auto rest = lounge.page({.after = 0});
    CHECK(seqs(rest) == std::vector<std::uint64_t>{7, 8, 9, 10});
    CHECK(rest.min == 7);
    CHECK(rest.prev == sixth.chain);
    CHECK(find(store->log(), "lounge", 6) == std::nullopt);
  }
  SECTION("by age") { CHECK(lounge.prunes(0, 5'006).min == 7); }
  SECTION("by whichever drops more") {
    CHECK(lounge.prunes(9, 5'006).min == 7);
    CHECK(lounge.prunes(2, 5'007).min == 9);
  }
  SECTION("one past the bound of the count") {
    CHECK(lounge.prunes(10).min == 1);
    CHECK(lounge.prunes(9).min == 2);
  }
  SECTION("all are too old") {
    CHECK(lounge.prunes(0, 9'999'999).min == 10);
    const auto opened = room_story{store->log(), "lounge", lounge.term()}.opens(5);
    CHECK(opened.head.head == 10);
    CHECK(opened.head.min == 10);
    CHECK(opened.head.recent.size() == 1);
    CHECK(lounge.appends_texts(1, 11).status == status::ok);
  }
  SECTION("a room that is not there") {
    CHECK(prune_room(store->log(), {"nowhere", store->term_of("nowhere"), 1, 0, 0}).status == status::not_found);
  }
}

TEST_CASE("the floor only rises") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  lounge.appends_texts(2, 1);
  lounge.prunes(0, 0, cid_time_0 + 2);
  lounge.prunes(0, 0, cid_time_0 + 1);
  CHECK(lounge.opens().head.floor == cid_time_0 + 2);
}

TEST_CASE("a thousand runs of many threads come to an end with every answer given once") {
  TROUPE_EACH_BACKEND(store);
  constexpr unsigned threads = 4;
  constexpr unsigned rooms_each = 5;
  constexpr unsigned runs = 50;
  std::atomic<unsigned> stored{0};
  std::vector<std::thread> all;
  for (unsigned t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (unsigned r = 0; r < rooms_each; ++r) {
        const auto name = "room-" + std::to_string(t) + "-" + std::to_string(r);
        room_story room{store->log(), name, store->term_of(name)};
        if (room.opens().status != status::ok)
          return;
        for (unsigned i = 0; i < runs; ++i)
          if (room.appends_texts(1 + i % 3, 1 + i * 3).status == status::ok)
            ++stored;
      }
    });
  for (auto& thread : all)
    thread.join();
  CHECK(stored == threads * rooms_each * runs);
}
