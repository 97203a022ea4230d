// Spawns rooms by name, on whatever nodes own them, posts to each, and waits until each has
// stored it. Kill a node meanwhile: the numbers go on without a hole.
//
//   build/release/bin/troupe cluster --data data
//   build/release/bin/spawn_rooms data 100     in a second terminal
#include "guest/guest.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

using namespace troupe::guest;

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: spawn_rooms DATA COUNT\n");
    return 2;
  }
  guest here{{.data = argv[1], .user = "spawner"}};
  const auto count = std::atoi(argv[2]);
  caf::scoped_actor self{here.system()};
  int stored = 0;
  for (int i = 1; i <= count; ++i) {
    const auto name = "rooms/" + std::to_string(i);
    const auto room = here.room(name);
    self->request(room, std::chrono::seconds(30), post_atom::value, "hello, " + name)
      .receive(
        [&](posted_atom, std::uint64_t seq) {
          ++stored;
          std::printf("%s has its message %llu\n", name.c_str(), static_cast<unsigned long long>(seq));
        },
        [&](const caf::error& why) { std::printf("%s: %s\n", name.c_str(), here.system().render(why).c_str()); });
  }
  std::printf("%d of %d rooms answered\n", stored, count);
  return stored == count ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "spawn_rooms: %s\n", e.what());
  return 1;
}
