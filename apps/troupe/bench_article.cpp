// The benches of `troupe bench` that compare something of the product with the same without it, and need no server.
#include "apps/troupe/bench_article.hpp"
#include "apps/troupe/chain_bench/article.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace troupe {

void add_bench_article(CLI::App& bench) {
  struct entry {
    const char* name;
    const char* what;
    chain_bench::tables (*measure)(std::uint32_t rounds);
    std::uint32_t rounds;
  };
  static constexpr entry all[] = {
    {"waiting", "An asynchronous chain against a synchronous one: how late messages are while people sign in",
     chain_bench::measure_waiting, 11},
    {"mounting", "Steps on the route that needs them, against for every request", chain_bench::measure_mounting, 31},
    {"log", "A line of the log by the writer's thread, against at once", chain_bench::measure_log, 11},
    {"buffers", "Buffers of a bounded pool against allocated ones: time and memory", chain_bench::measure_buffers, 11},
    {"broadcast", "Bounded queues of outgoing frames against unbounded ones, with readers that do not read",
     chain_bench::measure_broadcast, 5},
  };
  struct settings {
    std::uint32_t rounds = 0;
    bool json = false;
  };
  for (const auto& one : all) {
    auto s = std::make_shared<settings>();
    s->rounds = one.rounds;
    auto* sub = bench.add_subcommand(one.name, std::string{one.what} + "; needs no server");
    sub->add_option("--rounds", s->rounds, "Rounds of each way, in turns")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
    sub->add_flag("--json", s->json, "One JSON array on stdout");
    sub->final_callback([s, measure = one.measure] {
      const auto found = measure(s->rounds);
      std::fputs((s->json ? chain_bench::as_json(found) : chain_bench::as_text(found)).c_str(), stdout);
    });
  }
}

} // namespace troupe
