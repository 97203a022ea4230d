// apps/troupe/cluster.cpp - several nodes on this machine, supervised.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/supervised.hpp"
#include "config/checks.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr auto look_every_ms = 100;
constexpr auto stop_within = std::chrono::seconds(30);

struct cluster_flags {
  unsigned nodes = 3;
  std::string listen = "127.0.0.1:8080";
  std::string data = "data";
  std::string file;
  std::string durability;
};

int ask_for_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &ends, SFD_CLOEXEC);
}

/// Each node's lines in a colour of its own, on a terminal.
class output {
public:
  void operator()(const std::string& name, const std::string& line) {
    if (!::isatty(STDOUT_FILENO)) {
      fmt::print("{} | {}\n", name, line);
    } else {
      constexpr std::array colours = {36, 35, 33, 32, 34, 31};
      const auto known = names_.try_emplace(name, names_.size()).first->second;
      fmt::print("\033[{}m{}\033[0m | {}\n", colours[known % colours.size()], name, line);
    }
    std::fflush(stdout);
  }

private:
  std::map<std::string, std::size_t> names_;
};

class node_group {
public:
  explicit node_group(const cluster_flags& flags) {
    const auto where = config::parse_endpoint(flags.listen);
    if (!where || where->port == 0 || where->port + flags.nodes > 65'535)
      throw std::runtime_error("--listen needs an address and the first of " + std::to_string(flags.nodes) +
                               " ports, as in 127.0.0.1:8080");
    const auto binary = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto host = flags.listen.substr(0, flags.listen.rfind(':'));
    for (unsigned i = 0; i < flags.nodes; ++i) {
      const auto name = "node-" + std::to_string(i + 1);
      const auto address = fmt::format("{}:{}", host, where->port + i);
      std::vector<std::string> command = {binary, "serve", "--node", name, "--listen", address, "--data", flags.data};
      if (!flags.file.empty())
        command.insert(command.end(), {"--config", flags.file});
      if (!flags.durability.empty())
        command.insert(command.end(), {"--durability", flags.durability});
      fmt::print("{}  ws://{}/ws  http://{}\n", name, address, address);
      nodes_.push_back(std::make_unique<supervised>(
        name, std::move(command), [this](const std::string& who, const std::string& line) { out_(who, line); }));
    }
    fmt::print("data    {} (every node keeps its messages there; `troupe serve --join {}` adds another node)\n",
               flags.data, flags.data);
    std::fflush(stdout);
  }

  /// Keeps them running until a signal comes, then ends them all. False when one had to be killed.
  bool run(int signals) {
    while (!step(signals))
      look();
    out_("cluster", "stopping");
    for (const auto& node : nodes_)
      node->stop(SIGTERM);
    const auto until = supervised::clock::now() + stop_within;
    while (running() && supervised::clock::now() < until) {
      step(-1);
      look();
    }
    const bool clean = !running();
    for (const auto& node : nodes_)
      node->stop(SIGKILL);
    return clean;
  }

private:
  bool running() const {
    return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->running(); });
  }

  void look() {
    for (const auto& node : nodes_)
      node->look(supervised::clock::now());
  }

  /// Waits a little for output; true when a signal came.
  bool step(int signals) {
    std::vector<pollfd> ready = {{signals, POLLIN, 0}};
    for (const auto& node : nodes_)
      ready.push_back({node->output(), POLLIN, 0});
    ::poll(ready.data(), ready.size(), look_every_ms);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (ready[i + 1].revents != 0)
        nodes_[i]->read();
    return (ready.front().revents & POLLIN) != 0;
  }

  output out_;
  std::vector<std::unique_ptr<supervised>> nodes_;
};

void cluster(const cluster_flags& flags) {
  const int signals = ask_for_signals();
  bool clean = false;
  try {
    node_group nodes(flags);
    clean = nodes.run(signals);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "troupe: %s\n", e.what());
  }
  ::close(signals);
  if (!clean)
    throw CLI::RuntimeError(1);
}

} // namespace

void add_cluster(CLI::App& program) {
  auto* command = program.add_subcommand("cluster", "Run several nodes on this machine and keep them running");
  auto flags = std::make_shared<cluster_flags>();
  command->add_option("--nodes", flags->nodes, "How many")->check(CLI::Range(1u, 16u))->capture_default_str();
  command->add_option("--listen", flags->listen, "The first node's address; the others take the ports after it")
    ->type_name("ADDR:PORT")
    ->capture_default_str();
  command->add_option("--data", flags->data, "The directory they share")->type_name("DIR")->capture_default_str();
  command->add_option("--config", flags->file, "Configuration file for all of them")->type_name("FILE");
  command->add_option("--durability", flags->durability, "Of rooms without a policy of their own")
    ->type_name("memory|disk");
  command->footer("A node that ends is started again. Ctrl-C stops all of them.\n"
                  "Examples:\n"
                  "  troupe cluster\n"
                  "  troupe cluster --nodes 5 --listen 127.0.0.1:9000 --data /tmp/troupe\n"
                  "  kill -9 PID      in another terminal, and go on talking");
  command->callback([flags] { cluster(*flags); });
}

} // namespace troupe
