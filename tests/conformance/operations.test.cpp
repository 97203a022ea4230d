// What operators see of a cluster and do with it, by the commands they type.
#include "tests/conformance/setting.hpp"

#include <boost/json.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

using namespace troupe;
using namespace troupe::tests;
namespace json = boost::json;

namespace {

constexpr unsigned short nodes = 3;

/// A command that came to its end.
struct outcome {
  std::optional<int> code;
  std::string output;
};

outcome outcome_of(std::vector<std::string> words) {
  process command{{.command = std::move(words)}};
  const auto code = command.wait();
  return {code, command.output()};
}

/// `troupe cluster --nodes 3`, ready.
class three_nodes {
public:
  three_nodes() {
    for (unsigned short i = 0; i < nodes; ++i)
      REQUIRE(becomes_ready(i));
  }

  ~three_nodes() {
    supervisor_.signal(SIGTERM);
    supervisor_.wait();
  }

  client::endpoint where(unsigned short i) const { return {"127.0.0.1", std::to_string(port_ + i)}; }
  std::string url(unsigned short i) const { return "http://127.0.0.1:" + std::to_string(port_ + i); }

  /// The output of a command that asks node `i`.
  outcome types(unsigned short i, std::vector<std::string> words) const {
    words.insert(words.begin(), shipped_binary());
    words.insert(words.end(), {"--url", url(i)});
    return outcome_of(std::move(words));
  }

  json::object answer(unsigned short i, std::vector<std::string> words) const {
    words.push_back("--json");
    const auto got = types(i, std::move(words));
    INFO(got.output);
    REQUIRE(got.code == 0);
    return json::parse(got.output).as_object();
  }

  pid_t pid_of(const std::string& node) {
    const auto id = std::to_string(supervisor_.id());
    std::ifstream children{"/proc/" + id + "/task/" + id + "/children"};
    for (pid_t child = 0; children >> child;) {
      std::ifstream command{"/proc/" + std::to_string(child) + "/cmdline"};
      std::stringstream words;
      words << command.rdbuf();
      if (words.str().find(std::string{"--node\0", 7} + node + '\0') != std::string::npos)
        return child;
    }
    return -1;
  }

private:
  bool becomes_ready(unsigned short i) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (supervisor_.running() && std::chrono::steady_clock::now() < until) {
      const auto ready = http_get(static_cast<unsigned short>(port_ + i), "/readyz");
      if (ready && ready->status == 200)
        return true;
      std::this_thread::sleep_for(20ms);
    }
    UNSCOPED_INFO(supervisor_.output());
    return false;
  }

  temporary_directory directory_{"troupe-cluster"};
  unsigned short port_ = free_port(nodes);
  process supervisor_{{.command = {shipped_binary(), "cluster", "--nodes", std::to_string(nodes), "--listen",
                                   "127.0.0.1:" + std::to_string(port_), "--data", directory_ / "data"}}};
};

std::string owner_of(const json::object& place) { return place.at("owner").as_string().c_str(); }

/// The owner's answer in what `troupe why` tells.
json::object sequencer_in(const json::object& picture) {
  for (const auto& node : picture.at("nodes").as_array())
    if (const auto& sequencer = node.at("sequencer"); !sequencer.is_null())
      return sequencer.as_object();
  FAIL("no node has the room: " << json::serialize(picture));
  return {};
}

/// What the node's link to another has carried.
json::object link_counters(const client::endpoint& of, const std::string& to) {
  const auto answer = http_get(static_cast<unsigned short>(std::stoi(of.port)), "/api/v1/cluster");
  REQUIRE(answer);
  const auto links = json::parse(answer->body).at("links").as_array();
  for (const auto& link : links)
    if (link.at("node").as_string() == to)
      return link.at("counters").as_object();
  FAIL("no link to " << to);
  return {};
}

} // namespace

SCENARIO("a message crosses to another node once, however many members hear it there") {
  constexpr int members = 40;
  constexpr int messages = 10;
  three_nodes cluster;
  const auto room = fresh_room("copies/");
  CHECK(owner_of(cluster.answer(0, {"shard", "move", "--room", room, "--to", "node-1"})) == "node-1");
  std::vector<std::unique_ptr<live_client>> there;
  for (int i = 0; i < members; ++i) {
    there.push_back(
      std::make_unique<live_client>(cluster.where(1), live_client::options{.user = "m" + std::to_string(i)}));
    there.back()->joins(room);
  }
  live_client ann{cluster.where(0), {.user = "ann"}};
  ann.joins(room);
  ann.settled();
  const auto carried = [&] { return link_counters(cluster.where(0), "node-2"); };
  const auto before = carried();
  for (int i = 0; i < messages; ++i)
    ann.sends(room, std::string(1'000, 'x'));
  for (auto& one : there)
    for (int i = 0; i < messages; ++i)
      one->next_message();
  const auto after = carried();
  INFO(json::serialize(before) << " and then " << json::serialize(after));
  const auto more = [&](const char* what) {
    return after.at(what).to_number<int>() - before.at(what).to_number<int>();
  };
  // Besides the messages there is news of who came, and who has something to read.
  CHECK(more("bytes_out") >= messages * 1'000);
  CHECK(more("bytes_out") < messages * 1'000 * 2);
  CHECK(more("items_out") >= messages);
  CHECK(more("items_out") < messages * 3);
}

SCENARIO("operators find a room, move it, and see the cluster lose a node") {
  three_nodes cluster;
  const auto room = fresh_room("ops/");
  // Nodes that have just come still share out the rooms; a pinned one stays where it is.
  CHECK(owner_of(cluster.answer(0, {"shard", "move", "--room", room, "--to", "node-2"})) == "node-2");
  // Whoever is on the first two nodes stays connected when the third one dies.
  live_client ann{cluster.where(0), {.user = "ann"}};
  live_client bob{cluster.where(1), {.user = "bob"}};
  ann.joins(room);
  bob.joins(room);
  CHECK(ann.sends(room, "one").seq == 1);
  CHECK(bob.next_message().body == "one");

  for (unsigned short i = 0; i < nodes; ++i) {
    INFO("asked by way of node-" << i + 1);
    const auto place = cluster.answer(i, {"where", room});
    CHECK(owner_of(place) == "node-2");
    CHECK(place.at("reachable").as_bool());
    const auto sequencer = sequencer_in(cluster.answer(i, {"why", room}));
    CHECK(sequencer.at("head").to_number<int>() == 1);
    CHECK(sequencer.at("members").to_number<int>() == 2);
    CHECK(sequencer.at("relays").as_array().size() == 2);
    CHECK(sequencer.at("commit").at("count").to_number<int>() == 1);
    CHECK(cluster.types(i, {"why", room}).output.find("head 1") != std::string::npos);
  }

  INFO("the table of all nodes");
  const auto figures = cluster.answer(2, {"top", "--once", "--interval", "0.2"});
  REQUIRE(figures.at("nodes").as_array().size() == nodes);
  int shards = figures.at("unowned").to_number<int>();
  for (const auto& node : figures.at("nodes").as_array()) {
    INFO(json::serialize(node));
    shards += node.at("shards").to_number<int>();
    CHECK(node.at("state").as_string() == "serving");
    CHECK(node.at("links").to_number<int>() == nodes - 1);
    CHECK(node.at("messages_per_s").is_number());
    CHECK(node.at("cpu_percent").is_number());
  }
  CHECK(shards == 256);
  CHECK(cluster.types(0, {"top", "--once", "--interval", "0.1"}).output.find("node-3") != std::string::npos);

  INFO("its shard is moved to the third node, and talk goes on");
  CHECK(owner_of(cluster.answer(1, {"shard", "move", "--room", room, "--to", "node-3"})) == "node-3");
  const auto place = cluster.answer(0, {"where", room});
  CHECK(owner_of(place) == "node-3");
  CHECK(place.at("pinned").as_string() == "node-3");
  CHECK(ann.sends(room, "two").seq == 2);
  CHECK(bob.next_message().body == "two");
  CHECK(sequencer_in(cluster.answer(0, {"why", room})).at("head").to_number<int>() == 2);

  INFO("the third node is killed: another start owns the room soon, and talk goes on");
  const auto pid = cluster.pid_of("node-3");
  REQUIRE(pid > 0);
  REQUIRE(::kill(pid, SIGKILL) == 0);
  CHECK(ann.sends(room, "three").seq == 3);
  CHECK(bob.next_message().body == "three");
  const auto after = cluster.answer(0, {"where", room});
  CHECK(after.at("start").to_number<int>() != place.at("start").to_number<int>());
  CHECK(after.at("term").to_number<int>() > place.at("term").to_number<int>());

  INFO("the pin is taken back");
  CHECK(cluster.answer(1, {"shard", "move", "--room", room, "--unpin"}).at("pinned").as_string().empty());

  INFO("what cannot be done is said, and what to do");
  const auto unknown = cluster.types(0, {"shard", "move", "7", "--to", "node-9"});
  CHECK(unknown.code == 1);
  CHECK(unknown.output.find("/api/v1/cluster lists them") != std::string::npos);
  const auto unreachable =
    outcome_of({shipped_binary(), "where", "lounge", "--url", "http://127.0.0.1:" + std::to_string(free_port())});
  CHECK(unreachable.code == 1);
  CHECK(unreachable.output.find("--url") != std::string::npos);
}

SCENARIO("what the operations of the API refuse") {
  const auto port = the_node().port();
  struct row {
    const char* what;
    std::string method, target, body;
    unsigned status;
  };
  const row rows[] = {
    {"a method that moves nothing", "POST", "/api/v1/cluster", "{}", 405},
    {"a move by GET", "GET", "/api/v1/shards/7/move", "", 405},
    {"a bad room", "GET", "/api/v1/rooms/the%20room/owner", "", 400},
    {"no shard", "GET", "/api/v1/shards/256", "", 404},
    {"a shard that is no number", "POST", "/api/v1/shards/seven/move", R"({"to":""})", 404},
    {"no JSON", "POST", "/api/v1/shards/7/move", "node-t", 400},
    {"no node named", "POST", "/api/v1/shards/7/move", "{}", 400},
    {"a node that does not live", "POST", "/api/v1/shards/7/move", R"({"to":"node-9"})", 404},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto answer = http_request(port, row.method, row.target, row.body, {{"Content-Type", "application/json"}});
    REQUIRE(answer);
    CHECK(answer->status == row.status);
  }
  const auto one = http_get(port, "/api/v1/rooms/a%2Fb/owner");
  REQUIRE(one);
  CHECK(json::parse(one->body).at("room").as_string() == "a/b");

  GIVEN("a node that trusts other addresses only") {
    const auto guarded = node::started({.config = "[listen]\ntrusted = [\"10.9.8.7\"]\n"});
    CHECK(http_get(guarded.port(), "/api/v1/cluster")->status == 403);
    CHECK(http_get(guarded.port(), "/api/v1/rooms/lounge/owner")->status == 403);
    CHECK(http_get(guarded.port(), "/api/v1/rooms/lounge/health")->status == 403);
    CHECK(http_post(guarded.port(), "/api/v1/shards/7/move", R"({"to":""})")->status == 403);
    CHECK(http_get(guarded.port(), "/healthz")->status == 200);
  }
}

SCENARIO("why a room crashed") {
  const auto faulty = node::started({.binary = faulty_binary(), .environment = {{"TROUPE_PLANT", "room_throws"}}});
  live_client ann{faulty, "ann"};
  ann.joins("lounge");
  CHECK(ann.sends("lounge", "hello").seq == 1);
  ann.refused_send("lounge", "kaboom");
  CHECK(ann.sends("lounge", "still here").seq == 2);
  const auto got = outcome_of(
    {shipped_binary(), "why", "lounge", "--json", "--url", "http://127.0.0.1:" + std::to_string(faulty.port())});
  INFO(got.output);
  REQUIRE(got.code == 0);
  const auto picture = json::parse(got.output).as_object();
  const auto& health = picture.at("nodes").as_array().at(0);
  CHECK(health.at("crashes").to_number<int>() == 1);
  CHECK_FALSE(health.at("quarantined").as_bool());
  REQUIRE(health.at("faults").as_array().size() == 1);
  CHECK(json::serialize(health.at("faults").at(0).at("text")).find("kaboom") != std::string::npos);
  CHECK(picture.at("findings").as_array().size() == 1);
}
