// apps/troupe/bench.cpp
//
// The command line of `troupe bench`; what it does is in apps/troupe/bench/.
#include "apps/troupe/bench/report.hpp"
#include "apps/troupe/bench/run.hpp"
#include "apps/troupe/bench_article.hpp"
#include "apps/troupe/bench_routes.hpp"
#include "apps/troupe/chain_bench/chain_bench.hpp"
#include "apps/troupe/commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <unistd.h>

namespace troupe {

namespace {

int run_bench(const bench::settings& s) {
  try {
    const auto outcome = bench::run(s);
    const auto text = s.json ? bench::as_json(s, outcome) + "\n" : bench::as_text(s, outcome);
    std::fputs(text.c_str(), stdout);
    return outcome.clean() && !outcome.stalled ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "troupe bench: %s\n", e.what());
    return 2;
  }
}

void add_common(CLI::App& sub, bench::settings& s) {
  static const std::map<std::string, bench::speech> dialects = {
    {"troupe", bench::speech::troupe}, {"hub", bench::speech::hub}, {"mqtt", bench::speech::mqtt}};
  sub.add_option("--url", s.url, "ws://HOST:PORT/PATH or mqtt://HOST:PORT")->capture_default_str();
  sub.add_option("--dialect", s.dialect, "What is spoken: troupe, hub or mqtt")
    ->transform(CLI::CheckedTransformer(dialects).description(""));
  sub.add_option("--and-url", s.other_urls, "Further nodes of the cluster; connections go to all of them in turn");
  sub.add_option("--server-pid", s.server_pids, "Processes whose CPU and memory are read, and added up");
  sub.add_option("--threads", s.threads, "Threads of the generator")->capture_default_str()->check(CLI::Range(1, 256));
  sub.add_option("--cpu", s.cpu, "Core the generator is pinned to");
  sub.add_option("--connecting", s.connecting_max, "Connections being opened at a time")
    ->capture_default_str()
    ->check(CLI::Range(1, 4'096));
  sub.add_option("--room-prefix", s.room_prefix, "Start of the room names; decides the rooms' policy")
    ->capture_default_str();
  sub.add_option("--want", s.want, "Of a join: presence,typing,marks; none when not given");
  sub.add_flag("--json", s.json, "One JSON object on stdout");
  sub.add_flag("--progress,!--no-progress", s.progress, "A line a second on stderr; by default on a terminal");
}

void add_load(CLI::App& sub, bench::settings& s) {
  sub.add_option("--duration", s.duration_s, "Seconds measured")->capture_default_str()->check(CLI::PositiveNumber);
  sub.add_option("--warmup", s.warmup_s, "Seconds of load before that")
    ->capture_default_str()
    ->check(CLI::NonNegativeNumber);
  sub.add_option("--settle", s.settle_s, "Seconds between the last connection and the first message")
    ->capture_default_str();
  sub.add_option("--drain", s.drain_s_max, "Seconds at most for what is on its way at the end")->capture_default_str();
  sub.add_option("--payload", s.payload_bytes, "Bytes of a body")->capture_default_str();
  sub
    .add_option("--send-calls-metric", s.send_calls_metric,
                "Counter of the server's send calls in /metrics, or the end of its name")
    ->capture_default_str();
}

void add_pace(CLI::App& sub, bench::settings& s) {
  auto* rate = sub.add_option("--rate", s.rate_per_s, "Open loop: deliveries per second in all")->capture_default_str();
  auto* closed = sub.add_flag("--closed", s.closed, "Closed loop: as fast as messages reach everybody");
  rate->excludes(closed);
  sub.add_option("--window", s.window, "Closed loop: messages on their way in a room")
    ->capture_default_str()
    ->check(CLI::Range(1, 1'000'000));
  sub.add_option("--senders", s.senders, "Senders of each room; a sensible number when not given");
}

void add_chain(CLI::App& bench) {
  auto s = std::make_shared<chain_bench::settings>();
  auto* sub = bench.add_subcommand("chain", "What the steps of a chain cost a message; needs no server");
  sub->add_option("--messages", s->messages, "Messages of each way in a round")
    ->capture_default_str()
    ->check(CLI::Range(1'000, 10'000'000));
  sub->add_option("--rounds", s->rounds, "Rounds")->capture_default_str()->check(CLI::Range(1, 10'000));
  sub->add_flag("--json", s->json, "One JSON object on stdout");
  sub->final_callback([s] {
    const auto all = chain_bench::measure(*s);
    const auto text = s->json ? chain_bench::as_json(all, s->messages) : chain_bench::as_text(all, s->messages);
    std::fputs(text.c_str(), stdout);
  });
}

} // namespace

void add_bench(CLI::App& program) {
  auto* bench = program.add_subcommand("bench", "Puts load on a server, checks every delivery, measures");
  bench->require_subcommand(1);
  const auto add = [bench](const char* name, const char* what, bench::scenario scenario) {
    auto s = std::make_shared<bench::settings>();
    s->what = scenario;
    s->progress = isatty(STDERR_FILENO) != 0;
    auto* sub = bench->add_subcommand(name, what);
    add_common(*sub, *s);
    sub->final_callback([s] {
      if (const int code = run_bench(*s); code != 0)
        throw CLI::RuntimeError(code);
    });
    return std::pair{sub, s.get()};
  };

  {
    auto [sub, s] = add("idle", "Connections that only stay: memory and CPU of each", bench::scenario::idle);
    sub->add_option("--connections", s->connections, "How many")->capture_default_str();
    sub->add_option("--users", s->users, "Distinct users; one per connection when not given");
    sub->add_option("--members", s->members, "Connections in a room")->capture_default_str();
    sub->add_option("--hold", s->hold_s, "Seconds before the memory is read")->capture_default_str();
  }
  {
    auto [sub, s] = add("fanout", "One room with many members", bench::scenario::fanout);
    sub->add_option("--members", s->connections, "Connections in the room")->capture_default_str();
    sub->add_option("--users", s->users, "Distinct users; one per connection when not given");
    add_pace(*sub, *s);
    add_load(*sub, *s);
  }
  {
    auto [sub, s] = add("rooms", "Many rooms with a few members", bench::scenario::rooms);
    s->members = 10;
    s->rooms = 1'000;
    sub->add_option("--rooms", s->rooms, "How many rooms")->capture_default_str();
    sub->add_option("--members", s->members, "Connections in a room")->capture_default_str();
    add_pace(*sub, *s);
    add_load(*sub, *s);
  }
  {
    auto [sub, s] = add("echo", "Two users, one direct message at a time", bench::scenario::echo);
    s->closed = true;
    s->window = 1;
    add_load(*sub, *s);
  }
  {
    auto [sub, s] = add("durable", "Senders that wait for their acks, in many rooms", bench::scenario::durable);
    s->closed = true;
    s->window = 1;
    s->room_prefix = "bench/disk/";
    s->senders = 200;
    s->rooms = 50;
    sub->add_option("--senders", s->senders, "How many, each with one message at a time")->capture_default_str();
    sub->add_option("--rooms", s->rooms, "Over how many rooms")->capture_default_str();
    sub->add_option("--per-sender", s->window, "Messages each sender has on its way")->capture_default_str();
    add_load(*sub, *s);
  }
  add_bench_routes(*bench);
  add_bench_tokens(*bench);
  add_chain(*bench);
  add_bench_article(*bench);
  add_bench_login_storm(*bench);
}

} // namespace troupe
