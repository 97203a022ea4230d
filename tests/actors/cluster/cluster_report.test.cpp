#include "actors/cluster/cluster_report.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

/// node-1 looks: it owns all shards but 7 (node-2's), 8 (of an earlier start of node-2) and 9 (nobody's).
cluster_view view() {
  cluster_view v;
  v.node = "node-1";
  v.incarnation = 11;
  v.serving = true;
  v.nodes = {{{"node-1", 11, "127.0.0.1:8080", "127.0.0.1:5001", "a", 1}, false},
             {{"node-2", 14, "127.0.0.1:8081", "127.0.0.1:5002", "b", 2}, true}};
  v.shards.assign(storage::shard_count, {"node-1", 11, 3, ""});
  v.shards[7] = {"node-2", 14, 5, "node-2"};
  v.shards[8] = {"node-2", 12, 4, ""};
  v.shards[9] = {};
  return v;
}

const can_reach all = [](const living_node&) { return true; };
const can_reach none = [](const living_node&) { return false; };

} // namespace

SCENARIO("a view of the cluster as an operator sees it") {
  const auto report = report_of(view(), all);
  CHECK(report.node == "node-1");
  CHECK(report.start == 11);
  CHECK(report.serving);
  REQUIRE(report.nodes.size() == 2);
  CHECK(report.nodes[0].shards == storage::shard_count - 3);
  CHECK(report.nodes[1] == node_report{"node-2", 14, "127.0.0.1:8081", "127.0.0.1:5002", 2, true, 1, true});
  CHECK(report.unowned == 2); // An earlier start of a node owns nothing any more.
  CHECK(report.pins == std::vector<pinned_shard>{{7, "node-2"}});
}

SCENARIO("where a shard is") {
  auto seen = view();
  GIVEN("another node's") {
    CHECK(place_of(seen, 7, all) == room_place{"", 7, "node-2", 14, "127.0.0.1:8081", 5, "node-2", true});
    CHECK_FALSE(place_of(seen, 7, none).reachable);
  }
  GIVEN("a dead node's") { CHECK(place_of(seen, 8, all) == room_place{"", 8, "", 0, "", 4, "", false}); }
  GIVEN("one's own") {
    CHECK(place_of(seen, 1, none).reachable);
    WHEN("it is being given away") {
      seen.paused = {1};
      THEN("it is not served") { CHECK_FALSE(place_of(seen, 1, all).reachable); }
    }
    WHEN("this node may not serve") {
      seen.serving = false;
      THEN("nor can it be reached") {
        CHECK_FALSE(place_of(seen, 1, all).reachable);
        CHECK_FALSE(report_of(seen, all).nodes[0].reachable);
      }
    }
  }
}
