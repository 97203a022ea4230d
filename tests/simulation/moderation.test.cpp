// What moderators do to people and rooms, and what it survives.
#include "tests/simulation/town_life.hpp"

using namespace troupe;
using namespace troupe::tests;
using protocol::seq_t;

SCENARIO("a direct message has no roles") {
  town_life life{1};
  REQUIRE(life.sends("ann", "dm:ann:bob") == '+');
  for (const auto* order :
       {R"("action":"kick","user":"bob")", R"("action":"ban","user":"bob")", R"("action":"mute","user":"bob")",
        R"("action":"role","user":"bob","role":"reader")", R"("action":"slow_mode","interval_ms":5)"}) {
    CHECK(life.moderates("ann", "dm:ann:bob", order) == 'b');
    CHECK(life.moderates("eve", "dm:ann:bob", order) == 'n');
  }
  CHECK(life.sends("bob", "dm:ann:bob") == '+');
}

SCENARIO("the first to join a room that was never used is its owner, where the policy says so") {
  town_life life{2};
  life.joins("root", "open/a");
  const auto joined = *life.person("root").last<server::joined>();
  CHECK(joined.me.role == "owner");
  CHECK(joined.head == 0);
  const auto event = *life.person("root").last<server::message>();
  CHECK(event.kind == "system");
  CHECK(event.seq == 1);
  CHECK(event.from == "root");
  CHECK(event.cid.empty());
  CHECK(event.body == R"({"action":"role","user":"root","role":"owner","by":"root"})");
  life.joins("ann", "open/a");
  CHECK(life.person("ann").last<server::joined>()->me.role == "member");
  CHECK(life.moderates("ann", "open/a", on("kick", "root")) == 'f');
  AND_THEN("elsewhere nobody is") {
    life.joins("ann", "lounge");
    CHECK(life.person("ann").last<server::joined>()->me.role == "member");
    CHECK(life.moderates("ann", "lounge", on("kick", "bob")) == 'f');
  }
}

SCENARIO("a ban ends what there is, and all attempts after it") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  town_life life{seed};
  const std::string room = "open/a";
  life.joins("root", room);
  life.joins("bob", room);
  auto& bob = life.person("bob");
  const auto event_of_ban = [&] { return *life.person("root").last<server::ack>(); };
  REQUIRE(life.moderates("root", room, on("ban", "bob", R"(,"reason":"spam","for_ms":20000)")) == '+');
  CHECK(bob.last<server::closed>()->reason == "banned");
  CHECK(bob.last<server::message>()->body ==
        R"({"action":"ban","user":"bob","for_ms":20000,"by":"root","reason":"spam"})");
  CHECK(bob.last<server::message>()->seq == event_of_ban().seq);
  life.sends("root", room);
  CHECK(bob.last<server::message>()->seq == event_of_ban().seq - 1);
  bob.says(R"({"type":"rooms","id":50})");
  life.sim.settle();
  CHECK(bob.last<server::rooms>()->rooms.empty());
  CHECK(life.joins("bob", room) == 'f');
  AND_THEN("it ends with its time") {
    life.sim.pass(19'000);
    CHECK(life.joins("bob", room) == 'f');
    life.sim.pass(1'100);
    CHECK(life.joins("bob", room) == '+');
  }
  AND_THEN("it ends with an unban") {
    CHECK(life.gives(room, "member", "bob") == 'c');
    CHECK(life.moderates("root", room, on("unban", "bob")) == '+');
    CHECK(life.joins("bob", room) == '+');
  }
  CHECK(life.sim.complaints().empty());
}

SCENARIO("who is kicked may come back") {
  town_life life{3};
  const std::string room = "open/a";
  life.joins("root", room);
  life.joins("bob", room);
  REQUIRE(life.moderates("root", room, on("kick", "bob")) == '+');
  CHECK(life.person("bob").last<server::closed>()->reason == "kicked");
  const auto heard = life.person("bob").all<server::message>().size();
  life.sends("root", room);
  CHECK(life.person("bob").all<server::message>().size() == heard);
  CHECK(life.joins("bob", room) == '+');
  life.sends("root", room);
  CHECK(life.person("bob").all<server::message>().size() == heard + 1);
}

SCENARIO("whoever joins while being kicked is told so, and can join again") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  town_life life{seed};
  const std::string room = "open/a";
  life.joins("root", room);
  life.joins("bob", room);
  auto& bob = life.person("bob");
  bob.says(R"({"type":"join","id":77,)" + town_life::in(room) + "}");
  life.sim.run_some(life.sim.random()() % 6);
  life.person("root").says(R"({"type":"moderate","id":78,)" + town_life::in(room) + "," + life.cid_of("root") + "," +
                           on("kick", "bob") + "}");
  life.sim.settle();
  CHECK(outcome(bob, 77) != '-');
  CHECK(life.joins("bob", room) == '+');
  life.sends("root", room);
  CHECK(bob.last<server::message>()->seq == life.person("root").last<server::ack>()->seq);
}

SCENARIO("a mute lasts as long as it was said to") {
  town_life life{4};
  const std::string room = "open/a";
  life.joins("root", room);
  life.joins("bob", room);
  REQUIRE(life.moderates("root", room, on("mute", "bob", R"(,"for_ms":10000)")) == '+');
  CHECK(life.sends("bob", room) == 'f');
  const auto why = *life.person("bob").last<server::error>();
  CHECK(why.message.find("muted in this room until 2023-11-14 22:13:30 UTC") != std::string::npos);
  life.person("bob").leaves(room, true); // Who forgets the room does not get rid of it.
  life.sim.pass(9'900);
  CHECK(life.sends("bob", room) == 'f');
  life.sim.pass(200);
  CHECK(life.sends("bob", room) == '+');
}

SCENARIO("slow mode: one message at a time, but not for moderators, nor for changes") {
  const auto by = GENERATE(as<std::string>{}, "policy", "moderator");
  town_life life{5};
  const std::string room = by == "policy" ? "slow/a" : "open/a";
  life.joins("root", room);
  if (by == "moderator")
    REQUIRE(life.moderates("root", room, R"("action":"slow_mode","interval_ms":10000)") == '+');
  REQUIRE(life.sends("bob", room) == '+');
  const auto seq = std::to_string(life.person("bob").last<server::ack>()->seq);
  life.sim.pass(4'000);
  REQUIRE(life.sends("bob", room) == 'r');
  CHECK(life.person("bob").last<server::error>()->after_ms == 6'000u);
  CHECK(life.sends("bob", room, R"("kind":"edit","target":)" + seq + R"(,"body":"no")") == '+');
  CHECK(life.sends("root", room) == '+');
  CHECK(life.sends("root", room) == '+');
  CHECK(life.sends("ann", room) == '+');
  life.sim.pass(6'000);
  CHECK(life.sends("bob", room) == '+');
  THEN("two at once are one too many") {
    life.sim.pass(10'000);
    auto& bob = life.person("bob");
    bob.sends(room, "one");
    bob.sends(room, "two");
    const auto acks = bob.all<server::ack>().size();
    life.sim.settle();
    CHECK(bob.all<server::ack>().size() == acks + 1);
  }
  THEN("it ends when a moderator says so") {
    REQUIRE(life.moderates("root", room, R"("action":"slow_mode","interval_ms":0)") == '+');
    CHECK(life.sends("bob", room) == '+');
  }
}

SCENARIO("a retry of an order gets its first outcome") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  town_life life{seed};
  const std::string room = "open/a";
  life.joins("root", room);
  const auto cid = life.cid_of("root");
  if (seed % 3 == 0)
    life.sim.log().next_append(slow_log::mishap::lost_after);
  if (seed % 3 == 1)
    life.sim.log().next_append(slow_log::mishap::lost_before);
  const auto order = town_life::in(room) + "," + cid + "," + on("mute", "bob", R"(,"for_ms":10000)");
  auto& root = life.person("root");
  root.says(R"({"type":"moderate","id":70,)" + order + "}");
  life.sim.run_some(life.sim.random()() % 20);
  root.says(R"({"type":"moderate","id":71,)" + order + "}");
  life.sim.pass(5'000);
  CHECK(life.does("root", "moderate", order) == '+');
  std::vector<seq_t> seqs;
  for (const auto& ack : root.all<server::ack>())
    seqs.push_back(ack.seq);
  REQUIRE(!seqs.empty());
  CHECK(std::count(seqs.begin(), seqs.end(), 2) == static_cast<std::ptrdiff_t>(seqs.size()));
  CHECK(root.last<server::ack>()->dup);
  CHECK(life.does("root", "moderate",
                  town_life::in(room) + "," + cid + "," + on("mute", "bob", R"(,"for_ms":20000)")) == 'c');
}

SCENARIO("nothing of somebody who was banned is numbered after the ban") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  town_life life{seed, town(seed % 2 == 0)};
  const std::string room = "open/a";
  life.joins("root", room);
  life.joins("bob", room);
  auto& bob = life.person("bob");
  for (int i = 0; i < 5; ++i) {
    bob.sends(room, std::to_string(i));
    life.sim.run_some(life.sim.random()() % 8);
  }
  life.person("root").says(R"({"type":"moderate","id":70,)" + town_life::in(room) + "," + life.cid_of("root") + "," +
                           on("ban", "bob") + "}");
  for (int i = 5; i < 10; ++i) {
    life.sim.run_some(life.sim.random()() % 8);
    bob.sends(room, std::to_string(i));
  }
  life.sim.settle();
  life.person("root").fetches(room, 0);
  life.sim.settle();
  const auto page = *life.person("root").last<server::page>();
  bool is_banned = false;
  for (const auto& entry : page.messages) {
    CHECK_FALSE((is_banned && entry.from == "bob"));
    is_banned = is_banned || (entry.kind == "system" && entry.seq > 1);
  }
  CHECK(is_banned);
  // Each send of his has exactly one answer.
  CHECK(bob.all<server::ack>().size() + bob.all<server::error>().size() == 10);
  CHECK(life.sim.complaints().empty());
}

SCENARIO("what moderators decided outlasts the room's stay in memory") {
  town_life life{6};
  const std::string room = "open/a";
  furnish(life, room, "muted");
  life.moderates("max", room, on("ban", "eve"));
  life.moderates("max", room, R"("action":"slow_mode","interval_ms":60000)");
  for (const auto* name : {"root", "bob", "max"})
    life.person(name).leaves(room);
  life.sim.pass(20'000); // The room has left memory, and the relay has forgotten it.
  CHECK(life.joins("eve", room) == 'f');
  CHECK(life.sends("ann", room) == 'f');
  CHECK(life.moderates("max", room, on("kick", "bob")) == '+');
  CHECK(life.sends("bob", room) == '+');
  CHECK(life.sends("bob", room) == 'r');
  CHECK(life.gives(room, "reader", "bob") == '+');
  life.joins("bob", room);
  CHECK(life.person("bob").last<server::joined>()->me.role == "reader");
  life.person("bob").says(R"({"type":"rooms","id":50})");
  life.sim.settle();
  CHECK(life.person("bob").last<server::rooms>()->rooms.front().role == "reader");
}

SCENARIO("a room keeps an owner, and a private one closes behind those whose role is taken") {
  town_life life{7};
  life.joins("root", "open/a");
  CHECK(life.gives("open/a", "member", "root") == 'c');
  CHECK(life.gives("open/a", "owner", "ann") == '+');
  CHECK(life.gives("open/a", "member", "root") == '+');
  CHECK(life.gives("open/a", "owner", "root") == 'f');
  CHECK(life.moderates("ann", "open/a", on("ban", "root")) == '+');

  life.joins("root", "closed/a");
  CHECK(life.joins("bob", "closed/a") == 'n');
  CHECK(life.gives("closed/a", "member", "bob") == '+');
  CHECK(life.joins("bob", "closed/a") == '+');
  CHECK(life.gives("closed/a", "none", "bob") == '+');
  CHECK(life.person("bob").last<server::closed>()->reason == "kicked");
  CHECK(life.joins("bob", "closed/a") == 'n');
}

SCENARIO("so many new rooms an hour: existing ones are not counted") {
  auto how = town();
  how.node.session.rooms_created_per_hour_max = 3;
  town_life life{8, how};
  CHECK(life.joins("ann", "open/a") == '+');
  CHECK(life.sends("ann", "lounge") == '+');
  CHECK(life.joins("ann", "dm:ann:bob") == '+'); // Nothing is made by looking.
  CHECK(life.sends("ann", "dm:ann:bob") == '+');
  CHECK(life.joins("ann", "open/b") == 'r');
  CHECK(life.person("ann").last<server::error>()->after_ms == 1'200'000u);
  CHECK(life.sends("ann", "open/b") == 'r');
  CHECK(life.sends("ann", "lounge") == '+');
  CHECK(life.joins("ann", "lounge") == '+');
  CHECK(life.joins("ann", "closed/a") == 'r');
  CHECK(life.joins("bob", "open/b") == '+');
  CHECK(life.joins("ann", "open/b") == '+');
  life.person("ann").leaves("open/b");
  life.person("bob").hangs_up();
  life.sim.pass(20'000); // It has left memory, and is there all the same.
  CHECK(life.joins("ann", "open/b") == '+');
  CHECK(life.joins("ann", "open/c") == 'r');
  CHECK(life.sim.complaints().empty());
}
