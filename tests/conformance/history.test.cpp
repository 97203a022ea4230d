#include "tests/conformance/setting.hpp"

#include "protocol/limits.hpp"

using namespace troupe;
using namespace troupe::tests;
using protocol::code;

namespace {

/// A room with `count` messages, "1", "2", …
std::string told(live_client& who, int count) {
  const auto room = fresh_room();
  for (int i = 1; i <= count; ++i)
    who.sends(room, std::to_string(i));
  return room;
}

} // namespace

SCENARIO("pages ascend and exclude their own seq") {
  live_client ann{the_node(), fresh_user()};
  const auto room = told(ann, 10);
  CLAUSE("`after` and `before` exclude their own seq");
  auto page = ann.fetches({.room = room, .after = 3, .limit = 3});
  CHECK(seqs(page.messages) == std::vector<seq_t>{4, 5, 6});
  CHECK(page.more);
  CHECK(page.min == 1);
  page = ann.fetches({.room = room, .before = 8, .limit = 3});
  CHECK(seqs(page.messages) == std::vector<seq_t>{5, 6, 7});
  CHECK(page.more);
  page = ann.fetches({.room = room, .before = 4, .limit = 3});
  CHECK(seqs(page.messages) == std::vector<seq_t>{1, 2, 3});
  CHECK_FALSE(page.more);
  CLAUSE("giving neither asks for the newest page");
  page = ann.fetches({.room = room, .limit = 2});
  CHECK(seqs(page.messages) == std::vector<seq_t>{9, 10});
  CHECK(page.more);
  page = ann.fetches({.room = room, .after = 10});
  CHECK(page.messages.empty());
  CHECK_FALSE(page.more);
  CLAUSE("giving both is an error");
  CHECK(ann.refused(say::fetch{.room = room, .after = 1, .before = 3, .limit = 5}).code == code::bad_request);
  CLAUSE("`limit` of a `fetch` (1–200)");
  CHECK(ann.refused(say::fetch{.room = room, .limit = 0}).code == code::bad_request);
  live_client bob{the_node(), fresh_user()}; // The third strike would close ann's connection.
  CHECK(bob.refused(say::fetch{.room = room, .limit = 201}).code == code::bad_request);
  CHECK(bob.refused(say::join{.room = room, .limit = 201}).code == code::bad_request);
}

SCENARIO("what is fetched is what was pushed") {
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  const auto room = fresh_room();
  bob.joins(room);
  ann.sends(room, "one");
  ann.sends({.room = room, .body = "two", .kind = "x-note", .reply_to = 1});
  const auto page = ann.fetches({.room = room, .after = 0});
  for (const auto& entry : page.messages) {
    const auto pushed = bob.next_message();
    CHECK(pushed.seq == entry.seq);
    CHECK(pushed.from == entry.from);
    CHECK(pushed.cid == entry.cid);
    CHECK(pushed.time == entry.time);
    CHECK(pushed.kind == entry.kind);
    CHECK(pushed.body == entry.body);
    CHECK(pushed.salt == entry.salt);
    CHECK(pushed.reply_to == entry.reply_to);
  }
}

SCENARIO("frames of the server stay below 256 KiB") {
  live_client ann{the_node(), fresh_user()};
  const auto room = fresh_room();
  const std::string body(16 * 1024, 'b');
  for (int i = 0; i < 40; ++i)
    ann.sends(room, body);
  CLAUSE("`joined`, `page` and `rooms` are cut short below it and say `more:true`");
  const auto bounded = [](const protocol::push& what) { return shown(what).size() <= 256 * 1024; };
  auto page = ann.fetches({.room = room, .after = 0});
  CHECK(bounded(page));
  CHECK(page.more);
  CHECK(page.messages.size() >= 5);
  CHECK(page.messages.front().seq == 1);
  auto joined = ann.joins(room, {}, 200);
  CHECK(bounded(joined));
  CHECK(joined.more);
  CHECK(joined.messages.back().seq == 40);
  joined = ann.joins(room, protocol::position{joined.epoch, 0}, 200);
  CHECK(bounded(joined));
  CHECK(joined.more);
  CHECK(joined.messages.front().seq == 1);
  seq_t last = joined.messages.back().seq;
  for (bool more = true; more;) {
    page = ann.fetches({.room = room, .after = last});
    REQUIRE_FALSE(page.messages.empty());
    CHECK(page.messages.front().seq == last + 1);
    last = page.messages.back().seq;
    more = page.more;
  }
  CHECK(last == 40);
}

SCENARIO("the worst bodies fit as well: every character escaped sixfold") {
  live_client ann{the_node(), fresh_user()};
  const auto room = fresh_room();
  const std::string body(10 * 1024, '\x01');
  for (int i = 0; i < 8; ++i)
    ann.sends(room, body);
  const auto page = ann.fetches({.room = room, .after = 0});
  CHECK(shown(page).size() <= 256 * 1024);
  CHECK(page.more);
  CHECK(page.messages.front().body == body);
}

SCENARIO("asking for much at once") {
  live_client ann{the_node(), fresh_user()};
  const auto room = told(ann, 50);
  std::vector<protocol::request_id> asked;
  for (int i = 0; i < 100; ++i)
    asked.push_back(ann.starts(say::fetch{.room = room, .after = 0, .limit = 200}));
  int pages = 0;
  for (const auto id : asked) {
    const auto answer = ann.answer_to(id);
    if (const auto* error = std::get_if<hear::error>(&answer))
      CHECK(error->retry == protocol::retry::after);
    else
      pages += std::holds_alternative<hear::page>(answer);
  }
  CHECK(pages >= 1);
  ann.pings();
}
