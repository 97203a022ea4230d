// Launches three nodes, waits until they are one cluster, enters it as a guest, and talks to a room
// while one node after the other is killed and comes back.
//
//   build/release/bin/launch_cluster build/release/bin/troupe /tmp/launched
#include "apps/troupe/supervised.hpp"
#include "guest/guest.hpp"
#include "guest/visit.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Keeps the nodes running and reads what they say, so that their pipes never fill.
void look_after(const std::vector<std::unique_ptr<supervised>>& nodes) {
  for (const auto& node : nodes) {
    if (node->output() >= 0)
      node->read();
    node->look(supervised::clock::now());
  }
}

/// As a guest of the cluster, while its nodes are killed.
void talk(const std::vector<std::unique_ptr<supervised>>& nodes, const std::string& data) {
  guest::guest here{{.data = data, .user = "launcher"}};
  const auto room = here.room("lobby");
  caf::scoped_actor self{here.system()};
  std::uint64_t last = 0;
  for (std::size_t turn = 0; turn < 2 * nodes.size(); ++turn) {
    if (turn % 2 == 1 && nodes[turn / 2]->signal(SIGKILL))
      std::printf("killed %s\n", nodes[turn / 2]->name().c_str());
    self->request(room, 30s, guest::post_atom::value, "turn " + std::to_string(turn))
      .receive([&](guest::posted_atom, std::uint64_t seq) { last = seq; },
               [&](const caf::error& why) { throw std::runtime_error(here.system().render(why)); });
    std::printf("stored as %llu\n", static_cast<unsigned long long>(last));
    for (int i = 0; i < 20; ++i, std::this_thread::sleep_for(20ms))
      look_after(nodes);
  }
}

} // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: launch_cluster TROUPE DATA\n");
    return 2;
  }
  std::vector<std::unique_ptr<supervised>> nodes;
  for (const auto* name : {"node-1", "node-2", "node-3"}) {
    std::vector<std::string> command = {argv[1], "serve", "--node", name, "--listen", "127.0.0.1:0", "--data", argv[2]};
    nodes.push_back(std::make_unique<supervised>(name, std::move(command), [](const auto& who, const auto& line) {
      std::printf("%s | %s\n", who.c_str(), line.c_str());
    }));
  }
  while (guest::nodes_in(argv[2]).size() < nodes.size()) {
    look_after(nodes);
    std::this_thread::sleep_for(20ms);
  }

  talk(nodes, argv[2]);
  // In order: the nodes give away what they own and end.
  for (const auto& node : nodes)
    node->stop(SIGTERM);
  while (std::any_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->running(); })) {
    look_after(nodes);
    std::this_thread::sleep_for(20ms);
  }
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "launch_cluster: %s\n", e.what());
  return 1;
}
