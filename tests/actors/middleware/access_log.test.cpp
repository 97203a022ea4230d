#include "actors/middleware/built_in.hpp"
#include "tests/actors/middleware/kept_lines.hpp"
#include "tests/support/simulation.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;

namespace server = troupe::protocol::server;

namespace {

struct logged_node {
  kept_lines kept;
  actors::counter dropped{0};
  std::shared_ptr<actors::line_writer> writer;
  simulation::options how;

  explicit logged_node(std::string format, std::size_t lines_max = 10'000)
    : writer(
        std::make_shared<actors::line_writer>(kept.sink(), actors::line_writer::rules{lines_max}, dropped, [] {})) {
    how.node.access_log.format = std::move(format);
    how.node.middleware.steps = {"access_log", "authenticate", "authorize", "validate"};
    how.prepare = [this](actors::services& around) { around.steps.add(actors::access_log_step(writer)); };
  }

  std::vector<std::string> lines() {
    writer->flush();
    return kept.lines();
  }
};

/// Without what differs from run to run.
std::string settled(const std::string& line) {
  const auto from = line.find(" took_us=");
  const auto to = line.find(' ', from + 1);
  return line.substr(0, from) + line.substr(to);
}

} // namespace

SCENARIO("each request leaves one line, when it has ended, and no body in it") {
  logged_node with{"text"};
  simulation sim{1, with.how};
  auto& ann = sim.enters("ann");
  REQUIRE(with.lines().size() == 1);
  ann.joins("lobby/1");
  sim.settle();
  ann.sends("lobby/1", "a secret");
  CHECK(with.lines().size() == 2);
  sim.settle();
  ann.sends("lobby/1", "\a");
  ann.says(R"({"type":"typing","room":"lobby/1"})");
  ann.sends("lobby/1", "never answered");
  ann.hangs_up();
  sim.settle();

  const auto lines = with.lines();
  REQUIRE(lines.size() == 6);
  const auto begins = [](const std::string& line) { return line.substr(0, line.find(" connection=")); };
  const auto rest = [](const std::string& line) { return settled(line.substr(line.find(" user="))); };
  for (const auto& line : lines) {
    CHECK(begins(line) == "time=2023-11-14T22:13:20.000Z node=node-a");
    CHECK(line.find("secret") == std::string::npos);
    CHECK(line.find(" took_us=") != std::string::npos);
  }
  CHECK(rest(lines[0]) == " user=ann endpoint=/ws verb=hello room=\"\" outcome=ok body_bytes=0");
  CHECK(rest(lines[1]) == " user=ann endpoint=/ws verb=join room=lobby/1 outcome=ok body_bytes=0");
  CHECK(rest(lines[2]) == " user=ann endpoint=/ws verb=send room=lobby/1 outcome=ok body_bytes=8");
  CHECK(rest(lines[3]) ==
        " user=ann endpoint=/ws verb=send room=lobby/1 outcome=refused code=bad_request body_bytes=1");
  CHECK(rest(lines[4]) == " user=ann endpoint=/ws verb=typing room=lobby/1 outcome=ok body_bytes=0");
  CHECK(rest(lines[5]) == " user=ann endpoint=/ws verb=send room=lobby/1 outcome=gone body_bytes=14");
}

SCENARIO("as JSON each line is an object") {
  logged_node with{"json"};
  simulation sim{1, with.how};
  auto& ann = sim.enters("ann");
  ann.sends("lobby", "hello");
  sim.settle();
  const auto lines = with.lines();
  REQUIRE(lines.size() == 2);
  const auto line = boost::json::parse(lines[1]).as_object();
  CHECK(line.at("time") == "2023-11-14T22:13:20.000Z");
  CHECK(line.at("user") == "ann");
  CHECK(line.at("verb") == "send");
  CHECK(line.at("room") == "lobby");
  CHECK(line.at("outcome") == "ok");
  CHECK(line.at("body_bytes") == 5);
  CHECK(line.at("took_us").as_int64() >= 0);
}

SCENARIO("as many lines as requests, whatever the order of things") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  logged_node with{"text"};
  std::size_t requests = 0;
  {
    simulation sim{seed, with.how};
    std::vector<sim_client*> people{&sim.enters("ann"), &sim.enters("bob"), &sim.enters("cat")};
    requests = people.size();
    for (unsigned i = 0; i < 40; ++i) {
      auto* who = people[sim.random()() % people.size()];
      if (who->closed())
        continue;
      ++requests;
      switch (sim.random()() % 4) {
      case 0: who->sends("lounge", "hello"); break;
      case 1: who->sends("lounge", "\a"); break;
      case 2: who->joins("room" + std::to_string(i)); break;
      default: who->fetches("lounge", 0); break;
      }
      sim.run_some(sim.random()() % 6);
    }
    people[0]->hangs_up();
  }
  CHECK(with.lines().size() == requests);
  CHECK(with.dropped == 0);
}

SCENARIO("a log that takes nothing keeps nobody waiting") {
  logged_node with{"text", 3};
  with.kept.set_open(false);
  {
    simulation sim{1, with.how};
    auto& ann = sim.enters("ann");
    for (int i = 0; i < 50; ++i)
      ann.sends("lobby", "hello");
    sim.settle();
    CHECK(ann.all<server::ack>().size() == 50);
  }
  with.kept.set_open(true);
  const auto written = with.lines().size();
  CHECK(written >= 3);
  CHECK(written + with.dropped == 51);
}
