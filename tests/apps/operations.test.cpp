#include "apps/troupe/operations/answers.hpp"
#include "apps/troupe/operations/render.hpp"

#include <catch2/catch.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

using namespace troupe;
using namespace troupe::operations;
using Catch::Contains;

namespace {

const palette plain{};
const palette coloured{true};

/// A room on node-2 with members on two nodes, and nothing wrong.
room_picture healthy() {
  room_picture picture;
  picture.place = {"lounge", 12, "node-2", 7, "127.0.0.1:8081", 5, "", true};
  for (const auto* name : {"node-1", "node-2"}) {
    actors::room_health node;
    node.node = name;
    node.place = picture.place;
    node.relay = actors::relay_health{true, 40, 3, 0, 20};
    node.io_threads = {{2, 0, {10, 100, 200, 900}, 5}, {1, 0, {30, 400, 600, 800}, 5}};
    picture.nodes.push_back(node);
  }
  actors::sequencer_health sequencer;
  sequencer.term = 5;
  sequencer.epoch = "e1";
  sequencer.head = 40;
  sequencer.members = 6;
  sequencer.relays = {{"node-1", 3}, {"node-2", 3}};
  sequencer.commit = {8, 1'200, 1'300, 9'000};
  picture.nodes[1].sequencer = sequencer;
  return picture;
}

std::string only_finding(const room_picture& picture) {
  const auto found = room_findings(picture);
  REQUIRE(found.size() == 1);
  return found.front();
}

} // namespace

SCENARIO("what is wrong with a room") {
  auto room = healthy();
  auto& sequencer = *room.nodes[1].sequencer;
  REQUIRE(room_findings(room).empty());

  WHEN("nobody owns it") {
    room = {};
    CHECK_THAT(only_finding(room), Contains("nobody owns shard 0"));
  }
  WHEN("its owner gives no answer") {
    room.nodes.pop_back();
    room.silent = {"node-2"};
    CHECK_THAT(only_finding(room), Contains("node-2 does not answer at 127.0.0.1:8081"));
  }
  WHEN("a node has no link to the owner") {
    room.nodes[0].place.reachable = false;
    CHECK_THAT(only_finding(room), Contains("node-1 has no link to the owner"));
  }
  WHEN("it is quarantined") {
    room.nodes[1].quarantined = true;
    room.nodes[1].crashes = 5;
    CHECK_THAT(only_finding(room), Contains("QUARANTINED on node-2") && Contains("5 times"));
  }
  WHEN("it crashed") {
    room.nodes[1].faults = {{1'700'000'000'000, "room", "first"}, {1'700'000'001'000, "room", "kaboom"}};
    CHECK_THAT(only_finding(room), Contains("2 faults") && Contains("kaboom"));
  }
  WHEN("a step failed at requests for it") {
    room.nodes[0].step_failures = {{1, "moderate", "send", "lounge", "ann"}, {2, "badges", "send", "lounge", "bob"}};
    CHECK_THAT(only_finding(room), Contains("step badges failed on node-1") && Contains("2 failures"));
  }
  WHEN("the log holds a run for long") {
    sequencer.committing_us = stuck_commit_us;
    sequencer.commit.max_us = slow_commit_us;
    CHECK_THAT(only_finding(room), Contains("for 1.0 s") && Contains("disk of node-2"));
  }
  WHEN("commits were slow") {
    sequencer.commit.max_us = slow_commit_us;
    CHECK_THAT(only_finding(room), Contains("commits were slow, 250.0 ms"));
  }
  WHEN("too much waits") {
    sequencer.waiting = many_waiting;
    CHECK_THAT(only_finding(room), Contains("1000 sends wait"));
  }
  WHEN("its thread is busy") {
    sequencer.mailbox_wait_us = busy_thread_us;
    CHECK_THAT(only_finding(room), Contains("waited 50.0 ms"));
  }
  WHEN("its log was not read") {
    sequencer.epoch.clear();
    CHECK_THAT(only_finding(room), Contains("not read yet"));
  }
  WHEN("a node's members wait for it") {
    room.nodes[0].relay->ready = false;
    CHECK_THAT(only_finding(room), Contains("3 members on node-1 wait"));
  }
  WHEN("a node is far behind") {
    sequencer.head = 1'000;
    room.nodes[1].relay->last = 999;
    CHECK_THAT(only_finding(room), Contains("node-1 is 960 messages behind"));
  }
  WHEN("readers are slow") {
    room.nodes[0].io_threads[0].gapped = 1;
    CHECK_THAT(only_finding(room), Contains("1 of 3 readers on node-1 are slow"));
  }
  WHEN("fan-out is slow") {
    room.nodes[0].io_threads[1].fan_out.max_us = slow_fan_out_us;
    CHECK_THAT(only_finding(room), Contains("fan-out took 100.0 ms at most on node-1"));
  }
}

SCENARIO("a room's health for people") {
  auto room = healthy();
  const auto text = picture_text(room, plain);
  CHECK_THAT(text, Contains("lounge is on node-2 (http://127.0.0.1:8081): shard 12, term 5\n"));
  CHECK_THAT(text, Contains("head 40, epoch e1, term 5"));
  CHECK_THAT(text, Contains("6: node-1 3, node-2 3"));
  CHECK_THAT(text, Contains("last 1.2 ms, mean 1.3 ms, longest 9.0 ms (8 in the last two minutes)"));
  // The threads of a node together.
  CHECK_THAT(text, Contains("fan-out last 400 µs, mean 500 µs, longest 900 µs (40 in the last two minutes)"));
  CHECK_THAT(text, Contains("Nothing is wrong"));
  CHECK_THAT(text, !Contains("\033"));
  CHECK_THAT(picture_text(room, coloured), Contains("\033[1mlounge\033[0m"));

  WHEN("nobody uses it") {
    room.nodes[1].sequencer.reset();
    CHECK_THAT(picture_text(room, plain), Contains("not in memory"));
  }
  WHEN("it crashed") {
    room.nodes[1].faults = {{1'700'000'000'000, "room", "kaboom"}};
    CHECK_THAT(picture_text(room, plain), Contains("2023-11-14 22:13:20 UTC: the room crashed: kaboom"));
  }
  WHEN("a step failed at a request for it") {
    room.nodes[1].step_failures = {{1'700'000'000'000, "badges", "send", "lounge", "ann"}};
    CHECK_THAT(picture_text(room, plain), Contains("2023-11-14 22:13:20 UTC: step badges failed at a send of ann"));
  }
  WHEN("a node gives no answer") {
    room.silent = {"node-3"};
    CHECK_THAT(picture_text(room, plain), Contains("node-3     no answer"));
  }
  WHEN("it has findings") {
    room.findings = {"so it is"};
    CHECK_THAT(picture_text(room, plain), Contains("! so it is\n") && !Contains("Nothing is wrong"));
  }
}

SCENARIO("where a room is, for people") {
  actors::room_place place{"lounge", 12, "node-2", 7, "127.0.0.1:8081", 5, "node-2", false};
  CHECK(place_line(place, plain) == "lounge is on node-2 (http://127.0.0.1:8081): shard 12, term 5, pinned to node-2, "
                                    "not reachable from the node asked\n");
  place = {"", 12, "", 0, "", 5, "", false};
  CHECK(place_line(place, plain) == "shard 12 has no owner now: term 5; another node takes it within seconds\n");
}

SCENARIO("figures from the text of /metrics") {
  const std::string text = "# HELP troupe_rooms x\n# TYPE troupe_rooms gauge\ntroupe_rooms 3\n"
                           "troupe_socket_bytes{thread=\"0\"} 10\ntroupe_socket_bytes{thread=\"1\"} 2.5\n"
                           "troupe_rooms_of_another_kind 9";
  CHECK(metric(text, "troupe_rooms") == 3);
  CHECK(metric(text, "troupe_socket_bytes") == 12.5);
  CHECK(metric(text, "troupe_rooms_of_another_kind") == 9);
  CHECK_FALSE(metric(text, "troupe_room"));
}

SCENARIO("what a node did between two looks") {
  const actors::node_report node{"node-1", 4, "127.0.0.1:8080", "", 1, false, 86, true};
  node_look before, now;
  before.at_us = 1'000'000;
  before.view.start = now.view.start = 4;
  before.metrics = "troupe_messages_total 100\ntroupe_deliveries_total 1000\nprocess_cpu_seconds_total 1.5\n";
  now.at_us = 3'000'000;
  now.view.serving = true;
  now.view.links = {{"node-2", 5, true, 0, 0, 0, {}}, {"node-3", 6, false, 0, 0, 0, {}}};
  now.metrics = "troupe_messages_total 120\ntroupe_deliveries_total 3000\nprocess_cpu_seconds_total 2.5\n"
                "troupe_sockets 7\ntroupe_rooms 2\n";

  THEN("rates are of the time in between") {
    CHECK(figures_of(node, &before, &now) ==
          node_figures{"node-1", "127.0.0.1:8080", "serving", 86, 7, 2, 10.0, 1'000.0, 50.0, 1, 2});
  }
  WHEN("it was started anew in between") {
    before.view.start = 3;
    THEN("there are no rates") { CHECK_FALSE(figures_of(node, &before, &now).messages_per_s); }
  }
  WHEN("it gives no answer") {
    THEN("the line says so") {
      CHECK(figures_of(node, &before, nullptr).state == "no answer");
      CHECK_THAT(figures_text({{figures_of(node, &before, nullptr)}, 3, {{17, "node-2"}}}, plain),
                 Contains("no answer") && Contains("3 shards have no owner now") && Contains("17 to node-2"));
    }
  }
}

SCENARIO("answers of another version are read as far as they are known") {
  auto room = healthy();
  const auto text = boost::json::serialize(boost::json::value_from(room));
  room_picture read_again;
  read(read_again, boost::json::parse(text));
  CHECK(read_again == room);

  actors::room_place place{"lounge", 1, "x", 0, "", 0, "", true};
  read(place, boost::json::parse(R"({"owner":"node-1","shard":"none","term":-1,"novelty":{}})"));
  CHECK(place == actors::room_place{"lounge", 1, "node-1", 0, "", 0, "", true});
}

SCENARIO("a node that listens everywhere is reached where the first one was") {
  const client::endpoint asked{"chat.example.org", "8080"};
  CHECK(endpoint_of("127.0.0.1:8081", asked).host == "127.0.0.1");
  CHECK(endpoint_of("0.0.0.0:8081", asked).host == "chat.example.org");
  CHECK(endpoint_of("0.0.0.0:8081", asked).port == "8081");
  CHECK(endpoint_of("[::]:8081", asked).host == "chat.example.org");
}
