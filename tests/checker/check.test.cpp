// Every rule of the checker finds the smallest history that breaks it, and a clean one passes.
#include "tests/checker/story.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe::checker;

namespace {

using wanted = std::function<bool(const event&)>;

std::size_t find(history& in, const wanted& is) {
  const auto found = std::find_if(in.events.begin(), in.events.end(), is);
  REQUIRE(found != in.events.end());
  return static_cast<std::size_t>(found - in.events.begin());
}

void bend(history& in, const wanted& is, const std::function<void(event&)>& how) { how(in.events[find(in, is)]); }

void drop(history& in, const wanted& is) {
  in.events.erase(in.events.begin() + static_cast<std::ptrdiff_t>(find(in, is)));
}

wanted ack_of(seq_t seq) {
  return [=](const event& e) { return e.ev == happening::ack && e.seq == seq; };
}
wanted row(seq_t seq) {
  return [=](const event& e) { return e.ev == happening::stored && e.seq == seq; };
}
wanted shown(std::uint64_t conn, seq_t seq) {
  return [=](const event& e) { return e.ev == happening::message && e.conn == conn && e.seq == seq; };
}
wanted first(happening ev) {
  return [=](const event& e) { return e.ev == ev; };
}

struct crime {
  const char* what;
  std::string_view rule;
  std::function<void(history&)> commit;
};

const crime crimes[] = {
  {"an acked message is missing in the end", rules::acked_is_stored, [](history& h) { drop(h, row(5)); }},
  {"another message stands at the acked seq", rules::acked_is_stored,
   [](history& h) { bend(h, row(5), [](event& e) { e.cid = "Z9"; }); }},
  {"the room's epoch changed although its messages were on disk", rules::acked_is_stored,
   [](history& h) { bend(h, first(happening::history), [](event& e) { e.epoch = "e2"; }); }},
  {"nobody read the final history", rules::acked_is_stored,
   [](history& h) {
     std::erase_if(h.events, [](const event& e) { return e.ev == happening::stored || e.ev == happening::history; });
   }},
  {"a retried message is stored twice", rules::stored_once,
   [](history& h) { bend(h, row(5), [](event& e) { e.cid = "A3", e.from = "ann"; }); }},
  {"a retry is acked with another seq", rules::stored_once,
   [](history& h) {
     auto again = h.events[find(h, ack_of(4))];
     again.seq = 5;
     h.events.insert(h.events.end() - 1, again);
   }},
  {"the log has a hole", rules::seq_contiguous, [](history& h) { drop(h, row(3)); }},
  {"the log stops before its head", rules::seq_contiguous, [](history& h) { drop(h, row(5)); }},
  {"a receiver misses a message", rules::stream_in_order, [](history& h) { drop(h, shown(2, 1)); }},
  {"a receiver gets a message twice", rules::stream_in_order,
   [](history& h) {
     h.events.insert(h.events.begin() + static_cast<std::ptrdiff_t>(find(h, shown(2, 2))),
                     h.events[find(h, shown(2, 1))]);
   }},
  {"an ack overtakes the message before it", rules::stream_in_order,
   [](history& h) { std::swap(h.events[find(h, shown(1, 3))], h.events[find(h, ack_of(2))]); }},
  {"an ack comes after its place in the stream and does not say so", rules::stream_in_order,
   [](history& h) {
     bend(h, ack_of(4), [](event& e) { e.dup = false; });
     const auto at = [&](const wanted& is) { return h.events.begin() + static_cast<std::ptrdiff_t>(find(h, is)); };
     const auto joined = at([](const event& e) { return e.ev == happening::joined && e.conn == 3; });
     const auto send = at([](const event& e) { return e.ev == happening::send && e.id == 31; });
     std::rotate(joined, send, send + 1);
   }},
  {"a push comes to a connection that has not joined", rules::stream_in_order,
   [](history& h) { drop(h, [](const event& e) { return e.ev == happening::joined && e.conn == 2; }); }},
  {"a resume leaves a hole", rules::stream_in_order,
   [](history& h) { bend(h, shown(4, 4), [](event& e) { e.seq = 5; }); }},
  {"a resume says recovered and shows nothing", rules::stream_complete, [](history& h) { drop(h, shown(4, 4)); }},
  {"a resume denies what is held", rules::stream_complete,
   [](history& h) {
     bend(
       h, [](const event& e) { return e.ev == happening::joined && e.conn == 4; },
       [](event& e) { e.recovered = false; });
   }},
  {"the last message never reaches somebody", rules::stream_complete, [](history& h) { drop(h, shown(3, 5)); }},
  {"a receiver gets another body", rules::same_bytes,
   [](history& h) { bend(h, shown(2, 2), [](event& e) { e.body = body_mark("other"), e.digest.clear(); }); }},
  {"a receiver gets another time", rules::same_bytes,
   [](history& h) { bend(h, shown(2, 2), [](event& e) { e.time = 7; }); }},
  {"an ack tells another salt", rules::same_bytes,
   [](history& h) { bend(h, ack_of(5), [](event& e) { e.salt = std::string(32, '0'); }); }},
  {"an ack tells another chain", rules::chain_verified,
   [](history& h) { bend(h, ack_of(2), [](event& e) { e.chain = std::string(64, '0'); }); }},
  {"a join tells another chain", rules::chain_verified,
   [](history& h) { bend(h, first(happening::joined), [](event& e) { e.chain = std::string(64, '0'); }); }},
  {"a stored body was changed", rules::chain_verified,
   [](history& h) { bend(h, row(2), [](event& e) { e.digest = std::string(64, '0'); }); }},
  {"a row can not be verified", rules::chain_verified,
   [](history& h) { bend(h, row(2), [](event& e) { e.digest.clear(); }); }},
  {"two sends of one connection change places", rules::order_per_connection,
   [](history& h) {
     bend(
       h, [](const event& e) { return e.ev == happening::send && e.cid == "A1"; }, [](event& e) { e.cid = "A2"; });
     bend(
       h, [](const event& e) { return e.ev == happening::send && e.id == 12; }, [](event& e) { e.cid = "A1"; });
   }},
  {"a send is numbered before what its sender had seen", rules::order_in_real_time,
   [](history& h) {
     auto send = find(h, [](const event& e) { return e.ev == happening::send && e.cid == "B1"; });
     auto seen = find(h, shown(1, 3));
     std::swap(h.events[send], h.events[seen]);
   }},
  {"a message comes from nowhere", rules::only_what_was_sent,
   [](history& h) { drop(h, [](const event& e) { return e.ev == happening::send && e.cid == "B2"; }); }},
  {"a message comes with words nobody said", rules::only_what_was_sent,
   [](history& h) {
     bend(
       h, [](const event& e) { return e.ev == happening::send && e.cid == "B2"; },
       [](event& e) { e.body = body_mark("no"); });
   }},
  {"a message that was refused for good is stored", rules::refused_is_not_stored,
   [](history& h) {
     bend(h, ack_of(5), [](event& e) { e.ev = happening::refused, e.code = "forbidden", e.retry = "never"; });
   }},
  {"the time of a room goes back", rules::time_never_goes_back,
   [](history& h) { bend(h, row(4), [](event& e) { e.time = 1; }); }},
  {"a room's term goes back", rules::term_never_goes_back,
   [](history& h) {
     for (const auto& [seq, term] : {std::pair{1, 2}, {2, 3}, {3, 2}}) {
       event e;
       e.ev = happening::term;
       e.room = story::room;
       e.seq = static_cast<seq_t>(seq);
       e.term = static_cast<std::uint64_t>(term);
       h.events.insert(h.events.begin() + seq, e);
     }
   }},
  {"a send gets no answer", rules::every_send_is_answered, [](history& h) { drop(h, first(happening::unknown)); }},
  {"a send gets two answers", rules::every_send_is_answered,
   [](history& h) { h.events.insert(h.events.end() - 1, h.events[find(h, ack_of(2))]); }},
  {"an ack answers no send", rules::every_send_is_answered,
   [](history& h) { bend(h, ack_of(2), [](event& e) { e.id = 99; }); }},
  {"nothing is acked after the fault", rules::alive_again,
   [](history& h) {
     auto fault = h.events[find(h, first(happening::fault))];
     h.events.insert(h.events.end() - 1, fault);
   }},
  {"the file was cut off", rules::file_is_whole, [](history& h) { h.events.pop_back(); }},
  {"a line is not JSON", rules::file_is_whole,
   [](history& h) {
     h.unreadable.push_back({3, "not JSON"});
   }},
};

} // namespace

TEST_CASE("a history in which every promise was kept passes") {
  auto told = an_evening();
  const auto result = check(told.told());
  INFO(to_text(result));
  CHECK(result.passed());
  CHECK(result.counts.sends == 6);
  CHECK(result.counts.acks == 5);
  CHECK(result.counts.duplicates == 1);
  CHECK(result.counts.unknown == 1);
  CHECK(result.counts.stored == 5);
  CHECK(result.counts.longest_pause_us > 0);
}

TEST_CASE("acks of messages that the log has dropped are counted") {
  auto told = an_evening();
  auto& all = told.told().events;
  auto begin = find(told.told(), first(happening::history));
  all[begin].min = 2;
  all[begin].chain = all[find(told.told(), first(happening::ack))].chain;
  REQUIRE(all[begin + 1].seq == 1);
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(begin) + 1);
  const auto result = check(told.told());
  INFO(to_text(result));
  CHECK(result.passed());
  CHECK(result.counts.beyond_log == 1);
  CHECK(to_text(result).find("1 acks are older than the log") != std::string::npos);
}

TEST_CASE("each broken promise is found and named") {
  for (const auto& crime : crimes) {
    DYNAMIC_SECTION(crime.what) {
      auto told = an_evening();
      crime.commit(told.told());
      const auto result = check(told.told());
      INFO(to_text(result));
      REQUIRE_FALSE(result.passed());
      const auto* found = result.against(crime.rule);
      REQUIRE(found);
      CHECK_FALSE(found->examples.empty());
    }
  }
}

TEST_CASE("every rule has a crime") {
  for (const auto rule : rules::all) {
    INFO(rule);
    CHECK(std::any_of(std::begin(crimes), std::end(crimes), [&](const crime& c) { return c.rule == rule; }));
  }
}

TEST_CASE("a retry that was answered after a gap and pages is in order") {
  story s;
  s.connects(1, "ann");
  s.connects(2, "bob");
  s.joins(1);
  s.joins(2);
  for (int i = 1; i <= 6; ++i) {
    const auto cid = "A" + std::to_string(i);
    s.sends(1, i, cid);
    s.stores("ann", cid);
    s.acks(1, i, static_cast<seq_t>(i));
    if (i == 1)
      s.shows(2, 1);
  }
  auto& gap = s.add(happening::gap, 2);
  gap.first = 2, gap.last = 4;
  s.sends(2, 20, "B1");
  s.stores("bob", "B1");
  s.acks(2, 20, 7); // Acks still come while pushes have stopped.
  s.shows(1, 7);
  auto page = [&](seq_t after, seq_t to, bool more) {
    auto& made = s.add(happening::page, 2);
    made.epoch = story::epoch;
    made.toward = "after";
    made.seq = after;
    made.more = more;
    made.min = 1;
    for (auto seq = after + 1; seq <= to; ++seq)
      s.shows(2, seq, "page");
  };

  SECTION("pages to the end make the stream whole") {
    page(1, 4, true);
    page(4, 7, false);
    s.ends();
    const auto result = check(s.told());
    INFO(to_text(result));
    CHECK(result.passed());
  }
  SECTION("the ack stands for its message when the pages end before it") {
    page(1, 4, true);
    page(4, 6, false);
    s.ends();
    const auto result = check(s.told());
    INFO(to_text(result));
    CHECK(result.passed());
  }
  SECTION("a push before the last page is a breach") {
    page(1, 4, true);
    s.shows(2, 5);
    s.ends();
    CHECK(check(s.told()).against(rules::stream_in_order));
  }
  SECTION("what the log dropped before it was fetched is told by the page") {
    page(1, 7, false);
    s.ends();
    auto& events = s.told().events;
    std::erase_if(events, [](const event& e) { return e.conn == 2 && e.via == "page" && e.seq < 4; });
    const auto find = [&](happening what) {
      return std::find_if(events.begin(), events.end(), [&](const event& e) { return e.ev == what; });
    };
    CHECK(check(s.told()).against(rules::stream_in_order)); // It says nothing of it.
    find(happening::page)->min = 4;
    CHECK_FALSE(check(s.told()).against(rules::stream_in_order));
    CHECK(check(s.told()).against(rules::stream_complete)); // It was wrong: the log holds all of them.
    find(happening::history)->min = 4;
    std::erase_if(events, [](const event& e) { return e.ev == happening::stored && e.seq < 4; });
    CHECK_FALSE(check(s.told()).against(rules::stream_complete));
  }
  SECTION("a client that never asks for the rest is not complete") {
    s.ends();
    CHECK(check(s.told()).against(rules::stream_complete));
  }
}

TEST_CASE("a page that is faster than the stream takes no message out of it") {
  story s;
  s.connects(1, "ann");
  s.connects(2, "bob");
  s.joins(1);
  s.joins(2);
  s.sends(1, 1, "A1");
  s.stores("ann", "A1");
  auto& page = s.add(happening::page, 2);
  page.epoch = story::epoch;
  page.toward = "after";
  page.min = 1;
  s.shows(2, 1, "page");
  s.shows(2, 1);
  s.acks(1, 1, 1);
  s.ends();
  const auto result = check(s.told());
  INFO(to_text(result));
  CHECK(result.passed());
}

TEST_CASE("the time to be alive again is judged when it is asked for") {
  auto told = an_evening();
  CHECK(check(told.told(), {.alive_within_us = 60'000'000}).passed());
  CHECK(check(told.told(), {.alive_within_us = 1}).against(rules::alive_again));
}

TEST_CASE("examples are few, counts are whole") {
  auto told = an_evening();
  for (auto& e : told.told().events)
    if (e.ev == happening::ack)
      e.salt = std::string(32, '0');
  const auto result = check(told.told(), {.examples_max = 2});
  REQUIRE(result.against(rules::same_bytes));
  CHECK(result.against(rules::same_bytes)->count == 5);
  CHECK(result.against(rules::same_bytes)->examples.size() == 2);
}
