// What keeps nodes running, what ends them, and where a node's settings come from: by the commands one types.
#include "tests/support/plain_http.hpp"
#include "tests/support/process.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace troupe::tests;

namespace {

std::string loopback(unsigned short port) { return "127.0.0.1:" + std::to_string(port); }

/// A port that somebody else listens on.
class taken_port {
public:
  taken_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
  }
  ~taken_port() { ::close(socket_); }
  taken_port(const taken_port&) = delete;
  taken_port& operator=(const taken_port&) = delete;

  const unsigned short port = free_port();

private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

bool becomes_ready(unsigned short port) {
  for (const auto until = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < until;) {
    if (const auto answer = http_get(port, "/readyz"); answer && answer->status == 200)
      return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

/// Sends it to the one child of a process; without one to nobody, and the test fails.
void signal_child_of(pid_t parent, int number) {
  const auto id = std::to_string(parent);
  std::ifstream children{"/proc/" + id + "/task/" + id + "/children"};
  pid_t child = 0;
  children >> child;
  REQUIRE(child > 0);
  REQUIRE(::kill(child, number) == 0);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

} // namespace

SCENARIO("a cluster that cannot run is not started again and again") {
  temporary_directory directory;
  GIVEN("a value that no node can have") {
    process one{{.command = {shipped_binary(), "serve", "--data", directory / "data", "--durability", "ram"}}};
    REQUIRE(one.wait() == 1);
    process all{{.command = {shipped_binary(), "cluster", "--data", directory / "data", "--durability", "ram"}}};
    THEN("the cluster says what a node says, and starts none") {
      REQUIRE(all.wait() == 1);
      REQUIRE(all.output() == one.output());
    }
  }
  GIVEN("a port that somebody else has") {
    const taken_port taken;
    process all{{.command = {shipped_binary(), "cluster", "--nodes", "1", "--listen", loopback(taken.port), "--data",
                             directory / "data"}}};
    THEN("it gives up after some attempts, with what the node said") {
      REQUIRE(all.wait() == 1);
      INFO(all.output());
      REQUIRE(count(all.output(), "node-1 | ended with code 1") == 3);
      REQUIRE(all.output().find("troupe: no node could start; node-1 said last: ") != std::string::npos);
      REQUIRE(all.output().find("Address already in use") != std::string::npos);
    }
  }
  GIVEN("ports beyond the last") {
    process all{
      {.command = {shipped_binary(), "cluster", "--listen", "127.0.0.1:65534", "--data", directory / "data"}}};
    THEN("they are refused") { REQUIRE(all.wait() == 1); }
  }
}

SCENARIO("a cluster keeps its nodes running until it is asked to end") {
  temporary_directory directory;
  const auto port = free_port();
  std::ofstream{directory / "node.toml"} << "[log]\nlevel = \"warn\"\n";
  // What is said last counts.
  process all{{.command = {shipped_binary(), "cluster", "--nodes", "3", "--data", "/nowhere", "--nodes", "1", "--data",
                           directory / "data", "--config", directory / "node.toml", "--listen", loopback(port)}}};
  REQUIRE(becomes_ready(port));

  WHEN("it gets SIGHUP") {
    std::ofstream{directory / "node.toml"} << "[log]\nlevel = \"error\"\n[rate_limit]\nmessages_per_s = 77\n";
    all.signal(SIGHUP);
    THEN("its node reads the configuration again and lives on") {
      INFO(all.output());
      REQUIRE(all.says("reloaded: "));
      REQUIRE(count(all.output(), "ended") == 0);
    }
  }
  WHEN("its node is killed again and again") {
    for (std::size_t turn = 1; turn <= 3; ++turn) {
      signal_child_of(all.id(), SIGKILL);
      while (all.running() && count(all.output(), "node-1 | ended by signal 9") < turn)
        std::this_thread::sleep_for(5ms);
      REQUIRE(becomes_ready(port));
    }
    THEN("it goes on, because the node has served") { REQUIRE(all.running()); }
  }
  WHEN("it is asked to end, and its node does not") {
    signal_child_of(all.id(), SIGSTOP);
    all.signal(SIGTERM);
    REQUIRE(all.says("cluster | draining; again to end at once"));
    REQUIRE(all.running());
    THEN("it ends when it is asked again") {
      std::optional<int> code;
      while (!(code = all.wait(100ms)))
        all.signal(SIGINT); // Soon after the first it is the same signal.
      REQUIRE(code == 1);
      REQUIRE(all.says("cluster | ending at once", 0ms));
    }
  }
}

SCENARIO("a signal that comes twice at one time, as wrappers send it, counts once") {
  auto one = node::started({});
  one.freeze();
  one.child().signal(SIGINT);
  one.child().signal(SIGTERM);
  one.thaw();
  REQUIRE(one.child().wait() == 0);
  REQUIRE(one.output().find("draining; again to end at once\n") != std::string::npos);
}

SCENARIO("a node whose name another one has says so and ends") {
  const auto first = node::started({.name = "alone"});
  process second{{.command = {shipped_binary(), "serve", "--node", "alone", "--data", first.data(), "--listen",
                              loopback(free_port())}}};
  REQUIRE(second.wait() == 1);
  REQUIRE(second.output().find("node \"alone\" runs on ") != std::string::npos);
}

SCENARIO("a node that joins keeps to what it was told") {
  const auto first = node::started({});
  temporary_directory directory;
  const auto port = free_port();
  std::ofstream{directory / "node.toml"} << "node = \"of-the-file\"\n[listen]\naddress = \"" << loopback(port)
                                         << "\"\n[store]\ndirectory = \"/nowhere\"\n";
  GIVEN("a configuration file with a name and a port") {
    process second{
      {.command = {shipped_binary(), "serve", "--join", first.data(), "--config", directory / "node.toml"}}};
    THEN("it has them, and the directory that it joins") {
      REQUIRE(second.says("node of-the-file\nlistening  http://" + loopback(port)));
      REQUIRE(second.says("store      " + first.data().string()));
    }
  }
  GIVEN("a name in the environment") {
    process second{{.command = {shipped_binary(), "serve", "--join", first.data()},
                    .environment = {{"TROUPE_NODE", "of-the-environment"}}}};
    THEN("it has that, and a port that is free") {
      REQUIRE(second.says("node of-the-environment\nlistening  http://127.0.0.1:"));
    }
  }
  GIVEN("nothing") {
    process second{{.command = {shipped_binary(), "serve", "--join", first.data()}}};
    THEN("a name is found that no node of `troupe cluster` has") {
      REQUIRE(second.says("node joined-1\nlistening  http://127.0.0.1:"));
      AND_THEN("the next one gets another") {
        process third{{.command = {shipped_binary(), "serve", "--join", first.data()}}};
        REQUIRE(third.says("node joined-2\nlistening  http://127.0.0.1:"));
      }
    }
  }
}
