#include "actors/middleware/built_in.hpp"
#include "tests/actors/middleware/kept_lines.hpp"
#include "tests/support/simulation.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <filesystem>

#include <unistd.h>

using namespace troupe;
using namespace troupe::tests;

namespace {

struct recorded_node {
  kept_lines kept;
  actors::counter dropped{0};
  std::shared_ptr<actors::line_writer> writer;
  simulation::options how;

  explicit recorded_node(std::size_t lines_max = 1'000)
    : writer(std::make_shared<actors::line_writer>(
        kept.sink(), actors::line_writer::rules{lines_max, R"({"recording":1})", R"({"stopped":"full"})"}, dropped,
        [] {})) {
    how.node.middleware.steps = {"authenticate", "record"};
    how.prepare = [this](actors::services& around) { around.steps.add(actors::record_step(writer)); };
  }

  std::vector<boost::json::object> lines() {
    writer->flush();
    std::vector<boost::json::object> all;
    for (const auto& line : kept.lines())
      all.push_back(boost::json::parse(line).as_object());
    return all;
  }
};

} // namespace

SCENARIO("a recording has what was asked and how it ended, and no token") {
  const bool bodies = GENERATE(false, true);
  CAPTURE(bodies);
  recorded_node with;
  with.how.node.record.bodies = bodies;
  std::string cid;
  {
    simulation sim{1, with.how};
    auto& ann = sim.enters("ann");
    ann.says(R"({"type":"refresh","id":90,"token":"very-secret"})");
    cid = ann.sends("lobby", "a\u202eb\n\"c\"");
    sim.settle();
    ann.fetches("lobby", 0, 7);
    sim.settle();
  }
  const auto lines = with.lines();
  REQUIRE(lines.size() == 4); // authenticate, outside, refuses the refresh
  CHECK(lines[0].at("recording") == 1);
  CHECK(lines[1].at("verb") == "hello");
  CHECK(lines[1].at("user") == "ann");
  const auto& send = lines[2];
  CHECK(send.at("verb") == "send");
  CHECK(send.at("room") == "lobby");
  CHECK(send.at("cid").as_string() == cid);
  CHECK(send.at("kind") == "text");
  CHECK(send.at("user") == "ann");
  CHECK(send.at("at") == 1'700'000'000'000);
  CHECK(send.at("outcome") == "ok");
  if (bodies) {
    CHECK(send.at("body") == "a\u202eb\n\"c\"");
  } else {
    CHECK_FALSE(send.contains("body"));
    CHECK(send.at("body_bytes") == 9);
    CHECK(send.at("body_sha256") == "5d862e6e4803573792b06d86b48c28cc99c90071ee04be9a016f0a3763f3e66d");
  }
  CHECK(lines[3].at("verb") == "fetch");
  CHECK(lines[3].at("after") == 0);
  CHECK(lines[3].at("limit") == 7);
  for (const auto& line : with.kept.lines())
    CHECK(line.find("very-secret") == std::string::npos);
}

SCENARIO("a recording that cannot keep up ends, and says so; people do not notice") {
  recorded_node with{5};
  with.kept.set_open(false);
  {
    simulation sim{1, with.how};
    auto& ann = sim.enters("ann");
    for (int i = 0; i < 50; ++i)
      ann.sends("lobby", "hello");
    sim.settle();
    CHECK(ann.all<protocol::server::ack>().size() == 50);
    with.kept.set_open(true);
    with.writer->flush();
    ann.sends("lobby", "after it stopped");
    sim.settle();
  }
  const auto lines = with.lines();
  CHECK(lines.front().contains("recording"));
  CHECK(lines.back().contains("stopped"));
  CHECK(lines.size() - 2 + with.dropped == 52);
}

SCENARIO("the file of a recording is named after the node and its start") {
  const auto directory = std::filesystem::temp_directory_path() / ("troupe-record-" + std::to_string(::getpid()));
  std::filesystem::remove_all(directory);
  simulation::options how;
  how.node.middleware.steps = {"authenticate", "record"};
  how.node.record.directory = (directory / "recordings").string();
  {
    simulation sim{1, how};
    sim.enters("ann");
  }
  CHECK(std::filesystem::file_size(directory / "recordings" / "node-a-1700000000000.jsonl") > 0);
  std::filesystem::remove_all(directory);
}

SCENARIO("a recording needs a directory") {
  const auto kind = actors::record_step();
  config::options options;
  CHECK(kind.objection(options));
  options.record.directory = "recordings";
  CHECK_FALSE(kind.objection(options));
}
