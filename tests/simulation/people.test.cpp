// Presence, typing, marks, belonging, direct messages, changes of messages.
#include "actors/api_desk.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;

namespace server = troupe::protocol::server;

namespace {

std::vector<std::string> inbox_of(simulation& sim, sim_client& who) {
  who.says(R"({"type":"rooms","id":50})");
  sim.settle();
  std::vector<std::string> names;
  const auto heard = who.last<server::rooms>();
  for (const auto& row : heard->rooms)
    names.push_back(row.room);
  return names;
}

/// What somebody is told when the log did not take a change of their belonging.
struct told {
  storage::status why;
  protocol::code code;
  protocol::retry retry;
};

} // namespace

SCENARIO("presence comes with the first session and goes with the last, after a grace") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  ann.joins("lounge");
  sim.settle();
  auto& phone = sim.enters("bob");
  auto& laptop = sim.enters("bob");
  phone.joins("lounge");
  laptop.joins("lounge");
  sim.settle();
  const auto arrivals = [&] {
    std::size_t count = 0;
    for (const auto& p : ann.all<server::presence>())
      count += p.join ? static_cast<std::size_t>(std::count(p.join->begin(), p.join->end(), "bob")) : 0;
    return count;
  };
  CHECK(arrivals() == 1);
  const auto before = ann.all<server::presence>().size();
  phone.hangs_up();
  sim.pass(10'000);
  CHECK(ann.all<server::presence>().size() == before);
  laptop.hangs_up();
  sim.pass(4'000);
  CHECK(ann.all<server::presence>().size() == before);
  sim.pass(2'000);
  REQUIRE(ann.all<server::presence>().size() == before + 1);
  const auto gone = *ann.last<server::presence>();
  REQUIRE(gone.leave);
  CHECK(gone.leave->front().user == "bob");
  CHECK(gone.leave->front().why == "timeout");
}

SCENARIO("typing is passed on at most every three seconds, and not to oneself") {
  simulation sim{3};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  ann.joins("lounge");
  bob.joins("lounge");
  sim.settle();
  for (int i = 0; i < 5; ++i)
    ann.says(R"({"type":"typing","room":"lounge"})");
  sim.settle();
  CHECK(bob.all<server::typing>().size() == 1);
  CHECK(ann.all<server::typing>().empty());
  sim.pass(3'100);
  ann.says(R"({"type":"typing","room":"lounge"})");
  sim.settle();
  CHECK(bob.all<server::typing>().size() == 2);
}

SCENARIO("marks only rise, and never beyond the head") {
  simulation sim{4};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  ann.joins("lounge");
  bob.joins("lounge");
  sim.settle();
  ann.sends("lounge", "one");
  ann.sends("lounge", "two");
  sim.settle();
  bob.says(R"({"type":"mark","room":"lounge","read":2})");
  bob.says(R"({"type":"mark","room":"lounge","read":1})");
  sim.pass(500);
  REQUIRE(ann.last<server::marks>());
  CHECK(ann.last<server::marks>()->marks == std::vector{protocol::user_mark{"bob", 2, 2}});
  const auto count = ann.all<server::marks>().size();
  bob.says(R"({"type":"mark","room":"lounge","read":99})");
  sim.pass(500);
  CHECK(ann.all<server::marks>().size() == count);
  bob.says(R"({"type":"rooms","id":50})");
  sim.settle();
  REQUIRE(bob.last<server::rooms>());
  REQUIRE(bob.last<server::rooms>()->rooms.size() == 1);
  CHECK(bob.last<server::rooms>()->rooms.front().read == 2);
  CHECK(bob.last<server::rooms>()->rooms.front().head == 2);
}

SCENARIO("who belongs but has not joined hears of activity, once a second") {
  simulation sim{5};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  ann.joins("lounge");
  bob.joins("lounge");
  sim.settle();
  bob.leaves("lounge");
  sim.pass(2'000);
  for (int i = 0; i < 5; ++i)
    ann.sends("lounge", std::to_string(i));
  sim.pass(3'000);
  const auto heard = bob.all<server::activity>();
  REQUIRE(heard.size() == 2);
  CHECK(heard.back().seq == 5);
  CHECK(heard.back().from == "ann");
  CHECK(ann.all<server::activity>().empty());

  bob.leaves("lounge", true);
  sim.settle();
  ann.sends("lounge", "more");
  sim.pass(3'000);
  CHECK(bob.all<server::activity>().size() == 2);
}

SCENARIO("forgetting a room closes it for the user's other connections") {
  simulation sim{6};
  auto& phone = sim.enters("bob");
  auto& laptop = sim.enters("bob");
  phone.joins("lounge");
  laptop.joins("lounge");
  sim.settle();
  phone.leaves("lounge", true);
  sim.settle();
  REQUIRE(laptop.last<server::closed>());
  CHECK(laptop.last<server::closed>()->reason == "left");
  CHECK(phone.all<server::closed>().empty());
  phone.says(R"({"type":"rooms","id":50})");
  sim.settle();
  CHECK(phone.last<server::rooms>()->rooms.empty());
}

SCENARIO("a first join that the log does not take is refused for now, and taken when it is sent again") {
  const auto why = GENERATE(told{storage::status::overloaded, protocol::code::overloaded, protocol::retry::after},
                            told{storage::status::full, protocol::code::storage_full, protocol::retry::after},
                            told{storage::status::unknown, protocol::code::store_unavailable, protocol::retry::same},
                            told{storage::status::not_found, protocol::code::store_unavailable, protocol::retry::same});
  const auto seed = GENERATE(range(1u, 11u));
  CAPTURE(seed, static_cast<int>(why.why));
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  ann.joins("lounge");
  sim.settle();
  sim.log().next_change(why.why);
  bob.joins("lounge");
  sim.settle();
  CHECK(bob.all<server::joined>().empty());
  REQUIRE(bob.last<server::error>());
  CHECK(bob.last<server::error>()->code == why.code);
  CHECK(bob.last<server::error>()->retry == why.retry);
  CHECK(inbox_of(sim, bob).empty());
  bob.joins("lounge");
  sim.settle();
  CHECK(bob.all<server::joined>().size() == 1);
  CHECK(inbox_of(sim, bob) == std::vector<std::string>{"lounge"});
}

SCENARIO("a join that is left before its refusal comes has one answer, and so has the leave") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  ann.joins("lounge");
  sim.settle();
  for (protocol::request_id id = 100; id < 120; id += 2) {
    sim.log().next_change(storage::status::full);
    bob.says(R"({"type":"join","id":)" + std::to_string(id) + R"(,"room":"lounge"})");
    sim.run_some(sim.random()() % 12);
    bob.says(R"({"type":"leave","id":)" + std::to_string(id + 1) + R"(,"room":"lounge"})");
    sim.settle();
    std::map<protocol::request_id, int> answers;
    for (const auto& error : bob.all<server::error>())
      ++answers[error.re.value_or(0)];
    for (const auto& joined : bob.all<server::joined>())
      ++answers[joined.re.value_or(0)];
    for (const auto& ok : bob.all<server::ok>())
      ++answers[ok.re];
    CHECK(answers[id] == 1);
    CHECK(answers[id + 1] == 1);
  }
}

SCENARIO("who belongs to too many rooms is not told to try again") {
  simulation::options how;
  how.node.session.rooms_per_user_max = 1;
  simulation sim{7, how};
  auto& ann = sim.enters("ann");
  ann.joins("one");
  ann.joins("two");
  sim.settle();
  REQUIRE(ann.all<server::joined>().size() == 1);
  REQUIRE(ann.last<server::error>());
  CHECK(ann.last<server::error>()->code == protocol::code::overloaded);
  CHECK(ann.last<server::error>()->retry == protocol::retry::never);
}

SCENARIO("a forget that the log does not take is not answered with ok, and done when it is sent again") {
  const auto why = GENERATE(told{storage::status::overloaded, protocol::code::overloaded, protocol::retry::after},
                            told{storage::status::full, protocol::code::storage_full, protocol::retry::after},
                            told{storage::status::unknown, protocol::code::store_unavailable, protocol::retry::same});
  const auto seed = GENERATE(range(1u, 11u));
  CAPTURE(seed, static_cast<int>(why.why));
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  ann.joins("lounge");
  sim.settle();
  sim.log().next_change(why.why);
  ann.leaves("lounge", true);
  sim.settle();
  CHECK(ann.all<server::ok>().empty());
  REQUIRE(ann.last<server::error>());
  CHECK(ann.last<server::error>()->code == why.code);
  CHECK(ann.last<server::error>()->retry == why.retry);
  CHECK(inbox_of(sim, ann) == std::vector<std::string>{"lounge"});
  ann.leaves("lounge", true);
  sim.settle();
  CHECK(ann.all<server::ok>().size() == 1);
  CHECK(inbox_of(sim, ann).empty());
}

SCENARIO("a first join or a forget that meets another owner's fence is asked of the next owner") {
  const auto seed = GENERATE(range(1u, 101u));
  const bool forgets = GENERATE(false, true);
  CAPTURE(seed, forgets);
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  if (forgets) {
    ann.joins("lounge");
    sim.settle();
  }
  sim.log().next_change(storage::status::fenced);
  if (forgets)
    ann.leaves("lounge", true);
  else
    ann.joins("lounge");
  sim.settle();
  CHECK(ann.all<server::joined>().size() == (forgets ? 1 : 0));
  CHECK(ann.all<server::ok>().empty());
  sim.pass(500); // The room is found again.
  CHECK(ann.all<server::joined>().size() == 1);
  CHECK(ann.all<server::ok>().size() == (forgets ? 1 : 0));
  CHECK(ann.all<server::error>().empty());
  CHECK(inbox_of(sim, ann).size() == (forgets ? 0 : 1));
  CHECK(sim.warnings() == std::vector<std::string>{});
}

SCENARIO("a direct message is for its two people, who belong from the first message") {
  simulation sim{8};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  auto& eve = sim.enters("eve");
  ann.sends("dm:ann:bob", "psst");
  sim.settle();
  REQUIRE(ann.last<server::ack>());
  eve.joins("dm:ann:bob");
  eve.sends("dm:ann:bob", "me too");
  eve.fetches("dm:ann:bob", 0);
  ann.joins("dm:bob:ann");
  sim.pass(2'000);
  CHECK(eve.all<server::joined>().empty());
  CHECK(eve.all<server::page>().empty());
  CHECK(eve.all<server::error>().size() == 3);
  CHECK(ann.last<server::error>()->code == protocol::code::not_found);
  CHECK(bob.last<server::activity>()->room == "dm:ann:bob");
  bob.joins("dm:ann:bob");
  sim.settle();
  CHECK(bob.last<server::joined>()->messages.front().body == "psst");
}

SCENARIO("only the author changes a message, and what was deleted is gone for all") {
  const auto seed = GENERATE(range(1u, 51u));
  CAPTURE(seed);
  simulation sim{seed};
  auto& ann = sim.enters("ann");
  auto& bob = sim.enters("bob");
  ann.joins("lounge");
  bob.joins("lounge");
  sim.settle();
  ann.sends("lounge", "helo");
  sim.settle();
  const auto change = [&](sim_client& who, const std::string& kind, protocol::seq_t target, const std::string& body) {
    who.says(R"({"type":"send","id":90,"room":"lounge","cid":")" + who.new_cid() + R"(","kind":")" + kind +
             R"(","target":)" + std::to_string(target) + R"(,"body":")" + body + R"("})");
    sim.settle();
  };
  change(ann, "edit", 1, "hello");
  change(bob, "reaction", 1, "👍");
  change(bob, "edit", 1, "bye");
  CHECK(bob.last<server::error>()->code == protocol::code::forbidden);
  change(bob, "edit", 9, "nothing");
  CHECK(bob.last<server::error>()->code == protocol::code::not_found);
  bob.fetches("lounge", 0);
  sim.settle();
  auto page = *bob.last<server::page>();
  REQUIRE(page.messages.size() == 3);
  CHECK(page.messages[0].body == "hello");
  CHECK(page.messages[0].edited);
  CHECK(page.messages[0].reactions == std::vector{protocol::reaction{"👍", {"bob"}}});
  change(ann, "delete", 1, "");
  bob.fetches("lounge", 0);
  sim.settle();
  page = *bob.last<server::page>();
  CHECK(page.messages[0].deleted == true);
  CHECK_FALSE(page.messages[0].body);
  change(bob, "reaction", 1, "👍");
  CHECK(bob.last<server::error>()->code == protocol::code::not_found);
}

SCENARIO("a silent room tells its head after twenty-five seconds") {
  simulation sim{9};
  auto& ann = sim.enters("ann");
  ann.joins("lounge");
  sim.settle();
  ann.sends("lounge", "hello");
  sim.settle();
  for (int second = 0; second < 26; ++second) {
    ann.says(R"({"type":"ping","id":77})");
    sim.pass(1'000);
  }
  REQUIRE(ann.last<server::head>());
  CHECK(ann.last<server::head>()->seq == 1);
}

SCENARIO("a room that does not answer is not asked for ever: its relay goes when nobody waits any more") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  simulation sim{seed};
  actors::api_desk desk{sim.services(), dynamic_cast<actors::door&>(*sim.services().door)};
  auto& ann = sim.enters("ann");
  sim.log().hangs(true);
  std::vector<unsigned> answered;

  WHEN("somebody reads in it") { ann.fetches("lounge", 0); }
  WHEN("somebody asks who is there") { ann.says(R"({"type":"presence","id":70,"room":"lounge"})"); }
  WHEN("somebody wants to come in") { ann.joins("lounge"); }
  WHEN("a program reads in it") {
    desk.call(0, {"GET", "/api/v1/rooms/lounge/messages", "user=bob", "", "", "127.0.0.1"},
              [&](const actors::api_response& response) { answered.push_back(response.status); });
  }
  sim.settle();
  REQUIRE(sim.counters().relays == 1);
  sim.pass(17'000);
  const auto refused = ann.all<server::error>();
  CHECK(refused.size() + answered.size() == 1);
  for (const auto& error : refused)
    CHECK(error.code == protocol::code::timeout);
  for (const auto status : answered)
    CHECK(status == 504);
  sim.pass(11'000);
  CHECK(sim.counters().relays == 0);
  sim.log().hangs(false);
  sim.settle();
  CHECK(ann.all<server::page>().empty());
  CHECK(ann.all<server::presence>().empty());
  CHECK(ann.all<server::error>().size() == refused.size());
}

SCENARIO("bounds of a connection: one past each is told, not dropped in silence") {
  simulation::options how;
  how.node.session.inflight_max = 2;
  how.node.session.rooms_per_connection_max = 1;
  how.node.session.sessions_per_user_max = 2;
  simulation sim{10, how};
  auto& ann = sim.enters("ann");
  ann.joins("one");
  ann.joins("two");
  ann.sends("one", "a");
  ann.sends("one", "b");
  ann.sends("one", "c");
  sim.settle();
  const auto errors = ann.all<server::error>();
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].code == protocol::code::overloaded);
  CHECK(errors[1].code == protocol::code::rate_limited);
  CHECK(ann.all<server::ack>().size() == 2);
  for (const auto* id : {"70", "71", "72"})
    ann.says(R"({"type":"presence","room":"one","id":)" + std::string{id} + "}");
  sim.settle();
  REQUIRE(ann.all<server::error>().size() == 3);
  CHECK(ann.last<server::error>()->re == 72);
  CHECK(ann.last<server::error>()->code == protocol::code::rate_limited);
  sim.enters("ann");
  auto& third = sim.enters("ann");
  CHECK(third.closed() == protocol::close_code::rate);
  CHECK(third.last<server::error>()->retry == protocol::retry::after);
}

SCENARIO("who says nothing is sent away") {
  simulation sim{11};
  auto& ann = sim.enters("ann");
  sim.pass(40'000);
  CHECK_FALSE(ann.closed());
  sim.pass(13'000);
  CHECK(ann.closed() == protocol::close_code::idle);
}

SCENARIO("three frames that are no requests end the connection") {
  simulation sim{12};
  auto& ann = sim.enters("ann");
  ann.says("{");
  ann.says("[]");
  sim.settle();
  CHECK_FALSE(ann.closed());
  ann.says("null");
  sim.settle();
  CHECK(ann.closed() == protocol::close_code::protocol);
  CHECK(ann.all<server::error>().size() == 3);
}
