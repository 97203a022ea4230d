// message_log's contract: pages, folding, redaction.
#include "tests/storage/message_log_contract.hpp"
#include "tests/storage/story.hpp"

#include <catch2/catch.hpp>

using namespace troupe::storage;
using namespace troupe::storage::testing;
using troupe::protocol::chain_start;
using troupe::protocol::entry;
using troupe::protocol::to_hex;
using seq_list = std::vector<std::uint64_t>;

TEST_CASE("pages are ascending stretches of the log") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  REQUIRE(lounge.appends_texts(10, 1).status == status::ok);
  const auto chain_at = [&](seq_t seq) { return find(store->log(), "lounge", seq)->chain; };

  SECTION("after") {
    auto page = lounge.page({.after = 3, .limit = 4});
    CHECK(page.status == status::ok);
    CHECK(seqs(page) == seq_list{4, 5, 6, 7});
    CHECK(page.more);
    CHECK(page.prev == chain_at(3));
    page = lounge.page({.after = 6, .limit = 4});
    CHECK(seqs(page) == seq_list{7, 8, 9, 10});
    CHECK_FALSE(page.more);
  }
  SECTION("from the beginning") {
    const auto page = lounge.page({.after = 0, .limit = 2});
    CHECK(seqs(page) == seq_list{1, 2});
    CHECK(page.prev == chain_start("lounge", lounge.epoch()));
  }
  SECTION("before") {
    auto page = lounge.page({.before = 5, .limit = 3});
    CHECK(seqs(page) == seq_list{2, 3, 4});
    CHECK(page.more);
    CHECK(page.prev == chain_at(1));
    page = lounge.page({.before = 5, .limit = 4});
    CHECK(seqs(page) == seq_list{1, 2, 3, 4});
    CHECK_FALSE(page.more);
  }
  SECTION("the newest") {
    const auto page = lounge.page({.limit = 3});
    CHECK(seqs(page) == seq_list{8, 9, 10});
    CHECK(page.more);
    CHECK(page.min == 1);
  }
  SECTION("not beyond a position") {
    CHECK(seqs(lounge.page({.up_to = 6, .limit = 2})) == seq_list{5, 6});
    auto page = lounge.page({.after = 4, .up_to = 6, .limit = 2});
    CHECK(seqs(page) == seq_list{5, 6});
    CHECK_FALSE(page.more);
    page = lounge.page({.after = 6, .up_to = 6});
    CHECK(page.entries.empty());
    CHECK(page.prev == chain_at(6));
    CHECK(seqs(lounge.page({.before = 9, .up_to = 6, .limit = 2})) == seq_list{5, 6});
  }
  SECTION("beyond the end") {
    for (const seq_t after : {seq_t{10}, seq_t{11}, ~seq_t{0}}) {
      const auto page = lounge.page({.after = after});
      CHECK(page.status == status::ok);
      CHECK(page.entries.empty());
      CHECK_FALSE(page.more);
      CHECK(page.prev == chain_at(10));
    }
    CHECK(seqs(lounge.page({.before = ~seq_t{0}, .limit = 1})) == seq_list{10});
  }
  SECTION("before the beginning") {
    for (const seq_t before : {seq_t{0}, seq_t{1}}) {
      const auto page = lounge.page({.before = before});
      CHECK(page.entries.empty());
      CHECK_FALSE(page.more);
    }
  }
  SECTION("of no entries, which still tells whether there are more") {
    auto page = lounge.page({.limit = 0});
    CHECK(page.entries.empty());
    CHECK(page.more);
    page = lounge.page({.after = 10, .limit = 0});
    CHECK_FALSE(page.more);
  }
  SECTION("of a room that is not there") { CHECK(page(store->log(), {.room = "nowhere"}).status == status::not_found); }
}

TEST_CASE("an empty room has an empty page whose prev is the start of the chain") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  for (const auto& query : {page_query{.after = 0}, page_query{.before = 7}, page_query{}}) {
    const auto page = lounge.page(query);
    CHECK(page.status == status::ok);
    CHECK(page.entries.empty());
    CHECK_FALSE(page.more);
    CHECK(page.min == 1);
    CHECK(page.prev == chain_start("lounge", lounge.epoch()));
  }
}

TEST_CASE("a page stops before its bodies are too long, but gives at least one") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  REQUIRE(lounge
            .appends({lounge.says("ann", std::string(100, 'a'), 1), lounge.says("ann", std::string(100, 'b'), 2),
                      lounge.says("ann", std::string(100, '\n'), 3)})
            .status == status::ok);
  CHECK(seqs(lounge.page({.after = 0, .bytes_max = 200})) == seq_list{1, 2});
  auto page = lounge.page({.after = 0, .bytes_max = 199});
  CHECK(seqs(page) == seq_list{1});
  CHECK(page.more);
  CHECK(seqs(lounge.page({.after = 0, .bytes_max = 1})) == seq_list{1});
  CHECK(seqs(lounge.page({.bytes_max = 1})) == seq_list{3});
  // A control character is six bytes of JSON.
  CHECK(seqs(lounge.page({.after = 1, .bytes_max = 699})) == seq_list{2});
  CHECK(seqs(lounge.page({.after = 1, .bytes_max = 700})) == seq_list{2, 3});
}

TEST_CASE("a folded page shows messages as they are now, a raw one as they were said") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  const auto original = lounge.says("ann", "helo", 1);
  const auto first_edit = lounge.says("ann", "hallo", 2, "edit", 1);
  const auto last_edit = lounge.says("ann", "hello", 3, "edit", 1);
  REQUIRE(lounge
            .appends({original, first_edit, last_edit, lounge.says("bob", "+1", 4, "reaction", 1),
                      lounge.says("cyd", "+1", 5, "reaction", 1), lounge.says("bob", "ha", 6, "reaction", 1),
                      lounge.says("bob", "+1", 7, "reaction", 1)})
            .status == status::ok);

  SECTION("folded") {
    const auto page = lounge.page({.after = 0});
    REQUIRE(page.entries.size() == 7);
    const auto& shown = page.entries[0];
    CHECK(shown.body == "hello");
    CHECK(shown.edited == last_edit.time);
    CHECK(shown.salt == std::nullopt); // of the body that is not shown any more
    CHECK(shown.deleted == std::nullopt);
    REQUIRE(shown.reactions);
    CHECK(*shown.reactions == std::vector<troupe::protocol::reaction>{{"+1", {"bob", "cyd"}}, {"ha", {"bob"}}});
    CHECK(page.entries[1].body == std::nullopt); // superseded
    CHECK(page.entries[1].target == 1u);
    CHECK(page.entries[2].body == "hello");
    CHECK(page.entries[3].body == "+1");
    CHECK(page.entries[3].reactions == std::nullopt);
  }
  SECTION("folded, as of a position") {
    const auto page = lounge.page({.after = 0, .up_to = 2});
    REQUIRE(page.entries.size() == 2);
    CHECK(page.entries[0].body == "hallo");
    CHECK(page.entries[0].edited == first_edit.time);
    CHECK(page.entries[0].reactions == std::nullopt);
    CHECK(page.entries[1].body == "hallo");
  }
  SECTION("raw") {
    const auto page = lounge.page({.after = 0, .raw = true});
    REQUIRE(page.entries.size() == 7);
    CHECK(page.entries[0].body == "helo");
    CHECK(page.entries[0].salt == to_hex(original.salt));
    CHECK(page.entries[0].edited == std::nullopt);
    CHECK(page.entries[0].reactions == std::nullopt);
    CHECK(page.entries[1].body == "hallo");
  }
  SECTION("a reaction that was taken back is gone from the message") {
    REQUIRE(lounge.appends({lounge.says("cyd", "", 8, "delete", 5)}).status == status::ok);
    const auto page = lounge.page({.after = 0});
    CHECK(*page.entries[0].reactions == std::vector<troupe::protocol::reaction>{{"+1", {"bob"}}, {"ha", {"bob"}}});
    CHECK(page.entries[4].deleted == true);
    CHECK(page.entries[4].body == std::nullopt);
  }
}

TEST_CASE("a delete erases body and salt of its target and of the edits, and keeps the digests") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens();
  const auto original = lounge.says("ann", "a secret", 1);
  const auto edit = lounge.says("ann", "still a secret", 2, "edit", 1);
  REQUIRE(lounge.appends({original, edit, lounge.says("bob", "+1", 3, "reaction", 1)}).status == status::ok);
  const auto other = lounge.says("ann", "not deleted", 4);
  const auto deletion = lounge.says("ann", "", 5, "delete", 1);
  REQUIRE(lounge.appends({other, deletion}).status == status::ok);

  const auto erased = [](record r) {
    r.body.clear();
    r.salt = {};
    r.redacted = true;
    return r;
  };
  CHECK(find(store->log(), "lounge", 1) == erased(original));
  CHECK(find(store->log(), "lounge", 2) == erased(edit));
  CHECK(find(store->log(), "lounge", 4) == other);
  CHECK(find(store->log(), "lounge", 5) == deletion);

  SECTION("folded") {
    const auto page = lounge.page({.after = 0});
    REQUIRE(page.entries.size() == 5);
    CHECK(page.entries[0].deleted == true);
    CHECK(page.entries[0].body == std::nullopt);
    CHECK(page.entries[0].salt == std::nullopt);
    CHECK(page.entries[0].reactions == std::nullopt);
    CHECK(page.entries[1].deleted == true);
    CHECK(page.entries[1].body == std::nullopt);
    CHECK(page.entries[3].body == "not deleted");
    CHECK(page.entries[4].body == "");
  }
  SECTION("raw, with the digest that the chain needs") {
    const auto page = lounge.page({.after = 0, .raw = true});
    CHECK(page.entries[0].body == std::nullopt);
    CHECK(page.entries[0].salt == std::nullopt);
    CHECK(page.entries[0].digest == to_hex(original.digest));
    CHECK(page.entries[0].deleted == true);
    CHECK(page.entries[3].digest == std::nullopt);
  }
  SECTION("a retry of it is still known") {
    const auto retried = lounge.appends({lounge.says("ann", "a secret", 1)});
    REQUIRE(retried.status == status::duplicate);
    CHECK(retried.duplicates[0].seq == 1);
    CHECK(retried.duplicates[0].digest == original.digest);
    CHECK(retried.duplicates[0].message->redacted);
  }
  SECTION("the chain still follows from what raw pages give") {
    auto chain = chain_start("lounge", lounge.epoch());
    for (seq_t seq = 1; seq <= 5; ++seq) {
      const auto r = *find(store->log(), "lounge", seq);
      chain =
        troupe::protocol::chain_next(chain, {r.seq, r.time, r.user, r.cid, r.kind, r.reply_to, r.target, r.digest});
      CHECK(chain == r.chain);
    }
  }
}

TEST_CASE("a message everybody reacts to still fits into a frame") {
  TROUPE_EACH_BACKEND(store);
  room_story lounge{store->log(), "lounge", store->term_of("lounge")};
  lounge.opens(0, 2'000);
  lounge.appends_texts(1, 1);
  for (unsigned from = 0; from < 1'024; from += 128) {
    std::vector<record> reactions;
    for (unsigned i = from; i < from + 128; ++i)
      reactions.push_back(lounge.says("user-" + std::string(50, 'x') + std::to_string(i), "+1", i + 2, "reaction", 1));
    REQUIRE(lounge.appends(std::move(reactions)).status == status::ok);
  }
  const auto page = lounge.page({.after = 0, .limit = 1});
  const auto& users = page.entries.at(0).reactions->at(0).users;
  CHECK(users.size() > 400);
  CHECK(users.size() < 700);
}
