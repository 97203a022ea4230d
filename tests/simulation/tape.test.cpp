// What was recorded replays to the same effects, and a change of behaviour is named.
#include "actors/recording/tape.hpp"
#include "actors/recording/tape_writer.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::tests;
namespace recording = troupe::actors::recording;

namespace {

/// A conversation with a lost answer, a resume and edits, recorded; gives the file.
std::string record_conversation(unsigned seed, const std::string& directory) {
  actors::tape_writer tapes(directory, "node-a", 1'700'000'000'000 + seed);
  simulation::options how;
  how.tapes = &tapes;
  {
    simulation sim{seed, how};
    auto& ann = sim.enters("ann");
    auto& bob = sim.enters("bob");
    for (auto* who : {&ann, &bob})
      for (const auto* room : {"lounge", "kitchen"})
        who->joins(room);
    for (int i = 0; i < 20; ++i) {
      if (i == 10)
        sim.log().next_append(slow_log::mishap::lost_after);
      ann.sends(i % 2 ? "lounge" : "kitchen", std::to_string(i));
      bob.sends("lounge", "b" + std::to_string(i));
      sim.run_some(sim.random()() % 10);
    }
    bob.hangs_up();
    sim.pass(8'000);
  }
  tapes.flush();
  return tapes.path();
}

} // namespace

SCENARIO("a recording replays to the same effects") {
  const auto seed = GENERATE(range(1u, 26u));
  CAPTURE(seed);
  const auto directory = std::filesystem::temp_directory_path() / ("troupe-tape-" + std::to_string(::getpid()));
  const auto path = record_conversation(seed, directory.string());

  const auto tape = recording::read_tape(path);
  REQUIRE(tape.rooms.size() == 2);
  CHECK(tape.damage.empty());
  for (const auto& room : tape.rooms) {
    const auto replayed = recording::replay(room);
    INFO(replayed.difference);
    CHECK(replayed.same());
    CHECK(replayed.steps == room.steps.size());
    CHECK(replayed.state.sequence.head > 0);
  }

  SECTION("a core that behaves otherwise is caught at the first step that shows it") {
    auto changed = tape.rooms.front();
    changed.start.policy.presence_grace_ms = 1;
    const auto replayed = recording::replay(changed);
    REQUIRE_FALSE(replayed.same());
    CHECK(replayed.difference.find("step " + std::to_string(*replayed.differs_at)) == 0);
  }
  SECTION("a tape that was changed is read up to the damage") {
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) - 10));
      file.put('\x7f');
    }
    CHECK_FALSE(recording::read_tape(path).damage.empty());
  }
  std::filesystem::remove_all(directory);
}

SCENARIO("a recorder that cannot keep up stops, and says so in the file") {
  const auto directory = std::filesystem::temp_directory_path() / ("troupe-tape-full-" + std::to_string(::getpid()));
  std::string path;
  {
    actors::tape_writer tapes(directory.string(), "node-a", 1, 400);
    path = tapes.path();
    for (int i = 0; i < 1'000 && !tapes.stopped(); ++i)
      tapes.command(1, actors::to_room::typing{"node-a", 1, std::string(300, 'a')}, 1);
    REQUIRE(tapes.stopped());
  }
  CHECK(recording::read_tape(path).stopped.find("keep up") != std::string::npos);
  std::filesystem::remove_all(directory);
}
