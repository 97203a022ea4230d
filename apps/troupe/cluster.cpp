// apps/troupe/cluster.cpp - several nodes on this machine, supervised.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/configuration_findings.hpp"
#include "apps/troupe/signals.hpp"
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
#include <stdexcept>
#include <sys/signalfd.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr auto look_every_ms = 100;
constexpr auto stop_within = std::chrono::seconds(30);
/// When every node has ended so often in a row and none has served, there is no use in going on.
constexpr std::uint32_t quick_ends_max = 3;

struct cluster_flags {
  unsigned nodes = 3;
  std::string listen = "127.0.0.1:8080";
  std::string data = "data";
  std::string file;
  std::string durability;
};

int ask_for_signals() {
  sigset_t heard;
  sigemptyset(&heard);
  sigaddset(&heard, SIGINT);
  sigaddset(&heard, SIGTERM);
  sigaddset(&heard, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &heard, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
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

/// One node of them.
struct member {
  std::string name;
  std::string address;
  configuration_flags told; ///< What its `troupe serve` is.
};

std::vector<member> members_of(const cluster_flags& flags) {
  constexpr unsigned port_max = 65'535;
  const auto first = config::parse_endpoint(flags.listen);
  if (!first || first->port == 0 || first->port + flags.nodes - 1 > port_max)
    throw std::runtime_error("--listen needs an address and the first of " + std::to_string(flags.nodes) +
                             " ports, as in 127.0.0.1:8080");
  const auto host = flags.listen.substr(0, flags.listen.rfind(':'));
  std::vector<member> all;
  for (unsigned i = 0; i < flags.nodes; ++i) {
    const auto name = "node-" + std::to_string(i + 1);
    const auto address = fmt::format("{}:{}", host, first->port + i);
    configuration_flags told;
    told.file = flags.file;
    told.settings = {
      {"--node", "node", name}, {"--listen", "listen.address", address}, {"--data", "store.directory", flags.data}};
    if (!flags.durability.empty())
      told.settings.push_back({"--durability", "rooms.durability", flags.durability});
    all.push_back({name, address, std::move(told)});
  }
  return all;
}

std::vector<std::string> command_of(const std::string& binary, const member& node) {
  std::vector<std::string> command = {binary, "serve"};
  for (const auto& setting : node.told.settings)
    command.insert(command.end(), {setting.flag, setting.value});
  if (!node.told.file.empty())
    command.insert(command.end(), {"--config", node.told.file});
  return command;
}

class node_group {
public:
  node_group(const std::vector<member>& members, const std::string& data) {
    const auto binary = std::filesystem::read_symlink("/proc/self/exe").string();
    for (const auto& node : members) {
      fmt::print("{}  ws://{}/ws  http://{}\n", node.name, node.address, node.address);
      nodes_.push_back(std::make_unique<supervised>(node.name, command_of(binary, node),
                                                    [this](const auto& who, const auto& line) { hear(who, line); }));
    }
    fmt::print("data    {} (every node keeps its messages there; `troupe serve --join {}` adds another node)\n", data,
               data);
    std::fflush(stdout);
  }

  /// Keeps them running until a signal comes, then ends them all. False when one had to be killed, or when none of
  /// them could start.
  bool run(int signals) {
    while (!step(signals)) {
      look();
      if (!hopeless())
        continue;
      stop(signals);
      std::fprintf(stderr,
                   "troupe: no node could start; %s said last: %s\n"
                   "Mend that and start `troupe cluster` again.\n",
                   nodes_.front()->name().c_str(), nodes_.front()->last_line().c_str());
      return false;
    }
    return stop(signals);
  }

private:
  /// True when all came to their end by themselves, before the time was over and before another signal came.
  bool stop(int signals) {
    out_("cluster", "draining; again to end at once");
    for (const auto& node : nodes_)
      node->stop(SIGTERM);
    const auto asked = supervised::clock::now();
    for (auto now = asked; running() && now < asked + stop_within; now = supervised::clock::now()) {
      if (step(signals) && now >= asked + same_signal_ms)
        break;
      look();
    }
    const bool clean = !running();
    if (!clean)
      out_("cluster", "ending at once: what still runs is killed");
    for (const auto& node : nodes_)
      node->stop(SIGKILL);
    return clean;
  }

  void hear(const std::string& name, const std::string& line) {
    // A node says this when it has its port, its store and its place in the cluster.
    served_ = served_ || line.starts_with("listening ");
    out_(name, line);
  }

  /// None has ever served, and each ends again and again soon after its start.
  bool hopeless() const {
    return !served_ && std::all_of(nodes_.begin(), nodes_.end(),
                                   [](const auto& node) { return node->quick_ends() >= quick_ends_max; });
  }

  bool running() const {
    return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->running(); });
  }

  void look() {
    for (const auto& node : nodes_)
      node->look(supervised::clock::now());
  }

  /// Waits a little for output; true when a signal to end came. SIGHUP goes to every node.
  bool step(int signals) {
    std::vector<pollfd> ready = {{signals, POLLIN, 0}};
    for (const auto& node : nodes_)
      ready.push_back({node->output(), POLLIN, 0});
    ::poll(ready.data(), ready.size(), look_every_ms);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (ready[i + 1].revents != 0)
        nodes_[i]->read();
    signalfd_siginfo came{};
    if ((ready.front().revents & POLLIN) == 0 || ::read(signals, &came, sizeof came) != sizeof came)
      return false;
    if (came.ssi_signo != SIGHUP)
      return true;
    for (const auto& node : nodes_)
      node->signal(SIGHUP);
    return false;
  }

  output out_;
  bool served_ = false;
  std::vector<std::unique_ptr<supervised>> nodes_;
};

void cluster(const cluster_flags& flags) {
  bool clean = false;
  try {
    const auto members = members_of(flags);
    checked_configuration(members.front().told);
    const int signals = ask_for_signals();
    node_group nodes(members, flags.data);
    clean = nodes.run(signals);
    ::close(signals);
  } catch (const CLI::Error&) {
    throw;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "troupe: %s\n", e.what());
  }
  if (!clean)
    throw CLI::RuntimeError(1);
}

} // namespace

void add_cluster(CLI::App& program) {
  auto* command = program.add_subcommand("cluster", "Run several nodes on this machine and keep them running");
  auto flags = std::make_shared<cluster_flags>();
  // scripts/run gives some, and what its user gives comes after them.
  command->add_option("--nodes", flags->nodes, "How many")
    ->check(CLI::Range(1u, 16u))
    ->capture_default_str()
    ->take_last();
  command->add_option("--listen", flags->listen, "The first node's address; the others take the ports after it")
    ->type_name("ADDR:PORT")
    ->capture_default_str()
    ->take_last();
  command->add_option("--data", flags->data, "The directory they share")
    ->type_name("DIR")
    ->capture_default_str()
    ->take_last();
  command->add_option("--config", flags->file, "Configuration file for all of them")
    ->type_name("FILE")
    ->envname("TROUPE_CONFIG")
    ->take_last();
  command->add_option("--durability", flags->durability, "Of rooms without a policy of their own")
    ->type_name("memory|disk")
    ->take_last();
  command->footer("A node that ends is started again. When each has ended three times in a row before any has served,\n"
                  "there is no use in that: all are stopped, with exit code 1. Ctrl-C (or SIGTERM) stops all of them\n"
                  "in order, within 30 s; a second one kills them at once.\n"
                  "SIGHUP has every node read its configuration file again.\n"
                  "Examples:\n"
                  "  troupe cluster\n"
                  "  troupe cluster --nodes 5 --listen 127.0.0.1:9000 --data /tmp/troupe\n"
                  "  kill -9 PID      in another terminal, and go on talking");
  command->callback([flags] { cluster(*flags); });
}

} // namespace troupe
