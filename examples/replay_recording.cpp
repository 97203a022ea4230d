// Replays a tape of a node: what every recorded room received, and whether today's code
// still does the same with it. Record with `record_directory = "tapes"` under [room].
//
//   build/release/bin/replay_recording tapes/node-a-1700000000000.tape
#include "actors/recording/tape.hpp"

#include <cstdio>
#include <exception>

namespace recording = troupe::actors::recording;

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: replay_recording TAPE\n");
    return 2;
  }
  const auto tape = recording::read_tape(argv[1]);
  if (!tape.damage.empty())
    std::printf("read up to the damage: %s\n", tape.damage.c_str());
  if (!tape.stopped.empty())
    std::printf("the recorder stopped early: %s\n", tape.stopped.c_str());
  int differ = 0;
  for (const auto& room : tape.rooms) {
    const auto replayed = recording::replay(room);
    std::printf("%-24s %8zu commands, head %llu: %s\n", room.start.start.room.c_str(), replayed.steps,
                static_cast<unsigned long long>(replayed.state.sequence.head),
                replayed.same() ? "the same" : replayed.difference.c_str());
    differ += replayed.same() ? 0 : 1;
  }
  std::printf("%zu rooms, %d differ\n", tape.rooms.size(), differ);
  return differ == 0 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 2;
}
