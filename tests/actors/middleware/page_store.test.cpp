#include "actors/middleware/page_store.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using actors::page_key;
using actors::page_store;

namespace {

protocol::server::page page_of(protocol::seq_t first, protocol::seq_t last, bool more, std::size_t body_bytes = 10) {
  protocol::server::page page;
  page.room = "lounge";
  page.more = more;
  for (auto seq = first; seq <= last; ++seq) {
    protocol::entry entry;
    entry.seq = seq;
    entry.body = std::string(body_bytes, 'x');
    page.messages.push_back(entry);
  }
  return page;
}

protocol::client::fetch fetch(std::optional<protocol::seq_t> after, std::optional<protocol::seq_t> before) {
  return {1, "lounge", after, before, 10, std::nullopt};
}

page_key after(protocol::seq_t seq) { return *page_key::of(fetch(seq, std::nullopt)); }
page_key before(protocol::seq_t seq) { return *page_key::of(fetch(std::nullopt, seq)); }

page_store::shared_page shared(protocol::server::page page) {
  return std::make_shared<const protocol::server::page>(std::move(page));
}

} // namespace

SCENARIO("only a page that later messages do not change is kept") {
  THEN("the newest page has no key") {
    CHECK_FALSE(page_key::of(fetch(std::nullopt, std::nullopt)));
    CHECK_FALSE(page_key::of(fetch(std::nullopt, 0)));
  }
  THEN("forward: there are newer messages, and none is missing before the first") {
    CHECK(after(10).is_settled(page_of(11, 20, true)));
    CHECK_FALSE(after(10).is_settled(page_of(11, 20, false)));
    CHECK_FALSE(after(10).is_settled(page_of(15, 24, true)));
    CHECK(after(0).is_settled(page_of(1, 10, true)));
  }
  THEN("backward: it ends right before the asked seq, and there are older messages") {
    CHECK(before(21).is_settled(page_of(11, 20, true)));
    CHECK_FALSE(before(1'000).is_settled(page_of(11, 20, true)));
    CHECK_FALSE(before(21).is_settled(page_of(11, 20, false)));
  }
  THEN("an empty page is not") { CHECK_FALSE(after(10).is_settled(page_of(1, 0, true))); }
  THEN("raw and folded pages, and those of another length, are different ones") {
    auto raw = fetch(10, std::nullopt);
    raw.raw = true;
    CHECK(page_key::of(raw) != after(10));
    auto longer = fetch(10, std::nullopt);
    longer.limit = 11;
    CHECK(page_key::of(longer) != after(10));
    CHECK(after(10) != before(10));
  }
}

SCENARIO("pages are kept for a time, and no more of them than allowed") {
  page_store store;
  store.set_bounds(1'000, 3, 1'000'000);
  const auto page = shared(page_of(1, 10, true));

  THEN("a page is found until its time is over") {
    CHECK(store.put(after(0), page, 0));
    CHECK(store.find(after(0), 999) == page);
    CHECK_FALSE(store.find(after(0), 1'000));
    CHECK(store.pages() == 0);
    CHECK(store.bytes() == 0);
  }
  THEN("one past the number, the one that was used longest ago goes") {
    for (protocol::seq_t seq : {0u, 10u, 20u})
      CHECK(store.put(after(seq), page, 0));
    CHECK(store.find(after(0), 1));
    CHECK(store.put(after(30), page, 1));
    CHECK(store.pages() == 3);
    CHECK(store.find(after(0), 1));
    CHECK_FALSE(store.find(after(10), 1));
  }
  THEN("the same page is kept once") {
    store.put(after(0), page, 0);
    const auto bytes = store.bytes();
    store.put(after(0), page, 500);
    CHECK(store.pages() == 1);
    CHECK(store.bytes() == bytes);
    CHECK(store.find(after(0), 1'400));
  }
  THEN("bytes are bounded too, and a page larger than all of them is not kept") {
    page_store tight;
    tight.set_bounds(1'000, 100, 20'000);
    for (protocol::seq_t seq = 0; seq < 100; seq += 10) {
      CHECK(tight.put(after(seq), shared(page_of(seq + 1, seq + 10, true, 500)), 0));
      CHECK(tight.bytes() <= 20'000);
    }
    CHECK(tight.pages() >= 1);
    CHECK(tight.pages() < 10);
    CHECK_FALSE(tight.put(after(0), shared(page_of(1, 10, true, 5'000)), 0));
    CHECK_FALSE(tight.find(after(0), 0));
  }
}
