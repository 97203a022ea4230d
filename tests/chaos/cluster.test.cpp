// Three nodes on one directory: nodes die, disks fill, and nothing that was acked is lost.
#include "tests/chaos/loop_disk.hpp"
#include "tests/chaos/run.hpp"
#include "tests/support/plain_http.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// `troupe cluster` with three nodes.
class three_nodes {
public:
  three_nodes()
    : port_{free_port()}, cluster_{{.command = {shipped_binary(), "cluster", "--nodes", "3", "--listen",
                                                "127.0.0.1:" + std::to_string(port_), "--data", data()}}} {}

  ~three_nodes() {
    cluster_.signal(SIGTERM);
    cluster_.wait();
  }

  bool become_ready() {
    for (int i = 0; i < 3; ++i) {
      const auto port = static_cast<unsigned short>(port_ + i);
      const auto until = std::chrono::steady_clock::now() + 60s;
      for (;;) {
        if (const auto answer = http_get(port, "/readyz"); answer && answer->status == 200)
          break;
        if (std::chrono::steady_clock::now() > until || !cluster_.running())
          return false;
        std::this_thread::sleep_for(20ms);
      }
    }
    return true;
  }

  std::string data() const { return directory_ / "data"; }
  std::string output() const { return cluster_.output(); }

private:
  temporary_directory directory_{"troupe-cluster"};
  unsigned short port_;
  process cluster_;
};

} // namespace

SCENARIO("troupe prove finds nothing on three nodes") {
  three_nodes cluster;
  REQUIRE(cluster.become_ready());
  process prove{{.command = {shipped_binary(), "prove", "--data", cluster.data(), "--minutes", "0.5", "--seed", "1",
                             "--chapter-minutes", "0.25", "--rooms", "20", "--senders", "8", "--receivers", "100",
                             "--rate", "100"}}};
  const auto ended = prove.wait(300s);
  INFO(prove.output());
  INFO(cluster.output());
  CHECK(ended == 0);
  CHECK(prove.output().find("nothing that was acked is lost, doubled or out of order") != std::string::npos);
}

SCENARIO("troupe prove does not begin where it would end nodes for good") {
  node alone = node::started({});
  process prove{{.command = {shipped_binary(), "prove", "--data", alone.data(), "--minutes", "0.1"}}};
  CHECK(prove.wait() == 2);
  CHECK(prove.output().find("say --yes") != std::string::npos);
  CHECK(alone.running());
  process hasty{
    {.command = {shipped_binary(), "prove", "--data", alone.data(), "--minutes", "0.01", "--faults", "cut"}}};
  CHECK(hasty.wait(60s) == 1);
  CHECK(hasty.output().find("nothing was tried") != std::string::npos);
  process slow{{.command = {shipped_binary(), "prove", "--data", alone.data(), "--faults", "cut", "--rate", "1"}}};
  CHECK(slow.wait() == 2);
  CHECK(slow.output().find("raise --rate") != std::string::npos);
  process nowhere{{.command = {shipped_binary(), "prove", "--data", "/nowhere"}}};
  CHECK(nowhere.wait() == 2);
}

SCENARIO("an owner is killed at each named crash point, and two others go on") {
  const auto point =
    GENERATE(as<std::string>{}, "before_begin", "after_insert", "after_commit", "after_ack", "after_fan_out");
  CAPTURE(point);
  temporary_directory shared{"troupe-shared"};
  const auto data = shared / "data";
  node second{{.data = data, .name = "second"}};
  node third{{.data = data, .name = "third"}};
  // The first to come owns every room until the others have got their share.
  run r{{.binary = faulty_binary(), .data = data, .name = "first", .environment = {{"TROUPE_CRASH_AT", point + ":40"}}},
        {.others = {second.where(), third.where()}, .rooms = 8, .senders = 8, .receivers = 4, .under_way = 8}};
  second.start();
  third.start();
  r.traffic().start();
  REQUIRE(r.server().child().wait() == 128 + SIGKILL);
  const auto crashed = std::chrono::steady_clock::now();
  r.fault("crash at " + point);
  CHECK(r.traffic().progresses(50));
  tells_time("killed at " + point + ", until the others have acked 50 more", crashed);
  r.server().how().environment.clear();
  r.server().start();
  CHECK(r.traffic().progresses(50));
  r.traffic().stop_sending();
  CHECK(r.traffic().settles());
  r.records_terms(data / "log.db");
  const auto result = r.ends_abruptly();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}

SCENARIO("the disk that three nodes share is full: nobody is taken for dead, and it heals") {
  std::string why_not;
  const auto disk = memory_disk::make(32, why_not);
  if (!disk)
    return skipped("a full shared disk (tmpfs)", why_not);
  const auto ballast = disk->mounted_at() / "ballast";
  std::ofstream{ballast, std::ios::binary} << std::string(8 << 20, 'x');
  const auto data = disk->mounted_at() / "data";
  const std::string config = "[store]\nreserve_bytes = 2097152\n";
  std::vector<node> nodes;
  std::vector<std::unique_ptr<live_client>> people;
  for (const std::string name : {"ann", "bob", "eve"}) {
    nodes.push_back(node::started({.data = data, .name = "node-" + name, .config = config}));
    people.push_back(std::make_unique<live_client>(nodes.back(), name));
  }
  const std::string body(8'000, 'a');
  const auto says = [&](live_client& who, const std::string& cid) {
    return who.asks(say::send{.room = "lounge", .cid = cid, .body = body});
  };
  std::vector<hear::ack> acks;
  std::string refused_cid;
  for (int i = 0; i < 4'000 && refused_cid.empty(); ++i) {
    const auto sent = std::chrono::steady_clock::now();
    const auto cid = new_cid();
    const auto answer = says(*people[0], cid);
    if (const auto* ack = std::get_if<hear::ack>(&answer)) {
      acks.push_back(*ack);
    } else {
      CHECK(std::get<hear::error>(answer).code == protocol::code::storage_full);
      tells_time("the shared disk is full, until the send is refused", sent);
      refused_cid = cid;
    }
  }
  REQUIRE_FALSE(refused_cid.empty());

  // Longer than a node may be silent: heartbeats take no space, so nobody is ended.
  people[0]->lives_for(6s);
  for (auto& one : nodes) {
    CHECK(one.running());
    CHECK(http_get(one.port(), "/healthz")->status == 200);
  }
  const auto page = people[1]->fetches({.room = "lounge", .before = acks.back().seq + 1, .limit = 1});
  REQUIRE(page.messages.size() == 1);
  CHECK(page.messages[0].seq == acks.back().seq);

  std::filesystem::remove(ballast);
  const auto removed = std::chrono::steady_clock::now();
  std::optional<hear::ack> healed;
  for (int i = 0; i < 200 && !healed; ++i) {
    const auto answer = says(*people[0], refused_cid);
    if (const auto* ack = std::get_if<hear::ack>(&answer))
      healed = *ack;
    else
      people[0]->lives_for(50ms);
  }
  REQUIRE(healed);
  tells_time("there is space again, until the send is acked", removed);
  CHECK(healed->seq == acks.back().seq + 1);
  CHECK(people[2]->sends("lounge", "and from another node").seq == healed->seq + 1);
}
