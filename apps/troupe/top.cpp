// apps/troupe/top.cpp - troupe top: what every node of a cluster does, again and again.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/operations/answers.hpp"
#include "apps/troupe/operations/render.hpp"
#include "apps/troupe/operations_flags.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <unistd.h>

namespace troupe {

namespace {

using namespace operations;

struct top_flags : operations_flags {
  bool once = false;
  double interval_s = 2;
};

/// What the nodes did between the last two looks.
class watch {
public:
  explicit watch(client::endpoint asked) : asked_(std::move(asked)) {}

  cluster_figures look() {
    const auto view = view_of_anybody();
    cluster_figures figures{{}, view.unowned, view.pins};
    std::map<std::string, node_look> now;
    for (const auto& node : view.nodes) {
      try {
        const auto where = endpoint_of(node.address, asked_);
        const auto at = std::chrono::steady_clock::now().time_since_epoch();
        auto seen = ask<actors::cluster_report>(where, "/api/v1/cluster");
        now[node.node] = {std::chrono::duration_cast<std::chrono::microseconds>(at).count(), std::move(seen),
                          good_answer(where, "GET", "/metrics")};
      } catch (const trouble&) {
        // The table says so.
      }
      const auto before = before_.find(node.node);
      const auto known = now.find(node.node);
      figures.nodes.push_back(figures_of(node, before == before_.end() ? nullptr : &before->second,
                                         known == now.end() ? nullptr : &known->second));
    }
    before_ = std::move(now);
    return figures;
  }

private:
  /// The node that was named may end while one watches: the others know as much.
  actors::cluster_report view_of_anybody() {
    std::optional<trouble> first;
    try {
      return remember(ask<actors::cluster_report>(asked_, "/api/v1/cluster"));
    } catch (const trouble& why) {
      first = why;
    }
    for (const auto& other : others_)
      try {
        return remember(ask<actors::cluster_report>(other, "/api/v1/cluster"));
      } catch (const trouble&) {
        // The next one.
      }
    throw *first;
  }

  actors::cluster_report remember(actors::cluster_report view) {
    others_.clear();
    for (const auto& node : view.nodes)
      others_.push_back(endpoint_of(node.address, asked_));
    return view;
  }

  client::endpoint asked_;
  std::vector<client::endpoint> others_;
  std::map<std::string, node_look> before_;
};

void show(const cluster_figures& figures, const top_flags& flags, bool redraw) {
  if (flags.json)
    std::puts(boost::json::serialize(boost::json::value_from(figures)).c_str());
  else
    std::printf("%s%s", redraw ? "\033[H\033[2J" : "", figures_text(figures, output_colours()).c_str());
  std::fflush(stdout);
}

void run_top(const top_flags& flags) {
  watch nodes{flags.node()};
  const std::chrono::duration<double> interval{flags.interval_s};
  nodes.look(); // Rates need two.
  do {
    std::this_thread::sleep_for(interval);
    show(nodes.look(), flags, !flags.once && ::isatty(STDOUT_FILENO) != 0);
  } while (!flags.once);
}

} // namespace

void add_top(CLI::App& program) {
  auto flags = std::make_shared<top_flags>();
  auto* command = program.add_subcommand("top", "What every node does: shards, connections, rates, links, CPU");
  add_operations_flags(*command, *flags);
  command->add_flag("--once", flags->once, "One table instead of one every interval");
  command->add_option("--interval", flags->interval_s, "Seconds between two looks; rates are of that time")
    ->check(CLI::Range(0.1, 3600.0))
    ->capture_default_str();
  command->footer("Ctrl-C ends it. With --json each look is one line.\n"
                  "Examples:\n"
                  "  troupe top\n"
                  "  troupe top --once --json --interval 1 --url http://127.0.0.1:8081");
  command->callback([flags] { or_say_why("top", [&] { run_top(*flags); }); });
}

} // namespace troupe
