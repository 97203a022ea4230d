// apps/troupe/serve.cpp - one node: its stores, its actors, its sockets, wired together.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/configuration_findings.hpp"
#include "apps/troupe/identities.hpp"
#include "apps/troupe/join.hpp"
#include "apps/troupe/reload.hpp"
#include "apps/troupe/signals.hpp"
#include "apps/troupe/steps.hpp"

#include "actors/api_desk.hpp"
#include "actors/clock.hpp"
#include "actors/node.hpp"
#include "actors/recording/tape_writer.hpp"
#include "apps/troupe/heap.hpp"
#include "apps/troupe/own_process.hpp"
#include "apps/troupe/pages.hpp"
#include "apps/troupe/randomness.hpp"
#include "apps/troupe/seat.hpp"
#include "apps/troupe/shrinkage.hpp"
#include "storage/memory_log.hpp"
#include "storage/secret_file.hpp"
#include "storage/sqlite_log.hpp"
#include "transport/key_fetcher.hpp"
#include "transport/server.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>

namespace troupe {

namespace {

identity::digest_salt draw_salt() {
  identity::digest_salt salt;
  draw(salt.data(), salt.size());
  return salt;
}

void start_log(const config::log_options& log) {
  spdlog::init_thread_pool(log.queue_max, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  spdlog::set_default_logger(std::make_shared<spdlog::async_logger>("troupe", sink, spdlog::thread_pool(),
                                                                    spdlog::async_overflow_policy::overrun_oldest));
  spdlog::set_level(spdlog::level::from_str(log.level));
  spdlog::flush_on(spdlog::level::warn);
}

[[noreturn]] void refuse_to_start(std::string_view why) {
  std::fprintf(stderr, "troupe: %.*s\n", static_cast<int>(why.size()), why.data());
  throw CLI::RuntimeError(1);
}

/// Everything a node is made of, in the order in which it depends on one another.
class running_node {
public:
  running_node(const config::options& options, const configuration_flags& flags)
    : options_(options), flags_(flags), holds_(std::make_shared<const config::options>(options)),
      patterns_(options_.rooms), disk_(open_log()),
      tokens_(storage::load_or_make_secret(options_.store.directory + "/resume.key"), options_.session.resume_ms),
      identities_(options_, draw_salt()), system_(system_config_),
      threads_(&system_, options_.listen.io_threads), services_{options_,
                                                                patterns_,
                                                                *disk_,
                                                                memory_,
                                                                tokens_,
                                                                [this] { return clock_.now(); },
                                                                draw,
                                                                [this] { return seat_->may_serve(); },
                                                                [](std::string_view line) { spdlog::warn("{}", line); },
                                                                counters_,
                                                                nullptr,
                                                                {},
                                                                {},
                                                                {},
                                                                {}} {
    if (!options_.room.record_directory.empty()) {
      tapes_ = std::make_unique<actors::tape_writer>(options_.room.record_directory, options_.node, clock_.now());
      services_.tapes = tapes_.get();
    }
    for (std::size_t i = 0; i < threads_.size(); ++i)
      services_.units.push_back(&threads_[i]);
    services_.steps = known_steps();
    services_.tokens_of_users = identities_.judge();
    services_.elsewhere = identities_.elsewhere();
    if (!identities_.poll(clock_.now()))
      throw std::runtime_error(
        "what tokens were revoked cannot be read from the log: is auth.revocations_max too small?");
    fetch_keys();
    seat_.emplace(options_, system_);
    node_.emplace(services_);
    desk_.emplace(services_, node_->door());
    measure();
    ready_.set("waiting for its place in the cluster");
    server_.start(options_.listen, options_.outbound,
                  {threads_, node_->acceptor(), *desk_, content_, ready_, metrics_, neighbours_,
                   options_.auth.mode == "open" ? "name" : "token"});
    try {
      seat_->take(*node_, services_, server_.address());
    } catch (...) {
      threads_.start(); // Its actors have been told of one another by now: they end only on their threads.
      end();
      throw;
    }
    threads_.start();
  }

  ~running_node() { end(); }

  running_node(const running_node&) = delete;
  running_node& operator=(const running_node&) = delete;

  void say_where(std::uint64_t descriptors) const {
    const auto address = server_.address();
    fmt::print("troupe {}  node {}\n", TROUPE_VERSION, options_.node);
    fmt::print("listening  http://{}  (WebSocket at /ws, metrics at /metrics)\n", address);
    if (content_.at("/").document)
      fmt::print("chat       http://{}/  (for browsers)\n", address);
    else
      fmt::print("chat       left out: this binary was built without Node.js, which scripts/setup installs\n");
    fmt::print("cluster    start {}, other nodes reach it at {}\n", seat_->self().incarnation, seat_->self().link);
    fmt::print("store      {}/log.db  (SQLite, synced before every ack)\n", options_.store.directory);
    for (const auto& policy : options_.rooms)
      fmt::print("rooms      {}  {}\n", policy.pattern,
                 policy.durability == protocol::durability::memory
                   ? fmt::format("memory: the newest {} messages, gone when the node ends", policy.ring_count)
                   : fmt::format("disk: {} messages, {} days", policy.history_count, policy.history_age_s / 86'400));
    fmt::print("limits     {} descriptors, {} connections, {} I/O threads\n", descriptors,
               options_.listen.connections_max, threads_.size());
    if (tapes_)
      fmt::print("recording  {}\n", tapes_->path());
    if (services_.tokens_of_users)
      fmt::print("tokens     {} keys, issuer {}, audience {}\n", identities_.keys()->ring()->size(),
                 options_.auth.issuer, options_.auth.audience);
    if (options_.auth.mode == "open")
      fmt::print("warning    auth.mode is open: whoever names a user is that user. For demos only.\n");
    if (descriptors < options_.listen.connections_max)
      fmt::print("warning    {} descriptors are fewer than {} connections: raise the limit (ulimit -Hn)\n", descriptors,
                 options_.listen.connections_max);
    std::fflush(stdout);
  }

  /// Until this node serves and every shard has an owner; true when a signal came first.
  bool wait_until_ready(const sigset_t& stop) {
    const timespec short_while{0, 5'000'000};
    while (!is_ready())
      if (const auto signal = sigtimedwait(&stop, nullptr, &short_while); signal == SIGHUP)
        reload();
      else if (signal >= 0)
        return true;
    ready_.set(std::nullopt);
    return false;
  }

  /// Until a signal to end comes; meanwhile the clock follows the wall clock, what was revoked elsewhere comes in,
  /// steps that spin are named, and memory that is free goes back to the system.
  void wait_for(const sigset_t& stop) {
    const timespec second{1, 0};
    for (;;) {
      const auto signal = sigtimedwait(&stop, nullptr, &second);
      if (signal == SIGHUP)
        reload();
      else if (signal >= 0)
        return;
      clock_.follow();
      neighbours_.look();
      if (!identities_.poll(clock_.now()))
        spdlog::warn("what tokens were revoked cannot be read from the log: those revoked lately may still be used");
      watch_steps();
      services_.logs.sweep();
      seat_->forget_the_gone();
      give_memory_back();
    }
  }

  /// New connections go elsewhere, rooms move to other nodes, and those who are connected are told
  /// to come back, each in a slot of its own.
  void drain() {
    constexpr auto slots_ms = 2'000;
    constexpr auto rooms_ms_max = 20'000;
    ready_.set("draining");
    server_.stop_accepting();
    node_->give_away();
    const timespec short_while{0, 10'000'000};
    for (int waited_ms = 0; !seat_->empty() && waited_ms < rooms_ms_max; waited_ms += 10)
      ::nanosleep(&short_while, nullptr);
    node_->drain(slots_ms);
  }

private:
  void end() {
    server_.stop();
    node_->stop();
    system_.await_all_actors_done();
    threads_.stop();
    seat_->leave();
  }

  /// A configuration with anything wrong changes nothing.
  void reload() {
    auto read = read_configuration(flags_);
    config::problems wrong;
    if (auto* problems = std::get_if<config::problems>(&read))
      wrong = std::move(*problems);
    else
      wrong = findings_of(std::get<config::effective>(read)).errors;
    for (const auto& problem : wrong)
      spdlog::error("not reloaded: {}", to_string(problem));
    if (!wrong.empty())
      return;
    const auto plan = plan_reload(*holds_, std::get<config::effective>(read).values);
    for (const auto& message : identities_.reload())
      spdlog::error("the old keys stay: {}", message);
    holds_ = std::make_shared<const config::options>(plan.next);
    spdlog::set_level(spdlog::level::from_str(plan.next.log.level));
    node_->use_chains(holds_);
    node_->reopen_logs();
    spdlog::warn("reloaded: {} changed",
                 plan.taken.empty() ? "nothing" : fmt::format("{}", fmt::join(plan.taken, ", ")));
    if (!plan.not_taken.empty())
      spdlog::warn("these need a restart: {}", fmt::join(plan.not_taken, ", "));
  }

  void fetch_keys() {
    const auto keys = identities_.keys();
    if (!keys || keys->urls().empty())
      return;
    transport::key_fetcher_settings with;
    with.urls = keys->urls();
    with.refresh = std::chrono::seconds{options_.auth.jwks_refresh_s};
    with.jitter = [] {
      std::uint32_t bits = 0;
      draw(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
      return bits / 4'294'967'296.0;
    };
    with.take = [keys](const std::string& url, std::string body) {
      const auto found = keys->take_document(url, std::move(body));
      return found.errors.empty() ? std::string{} : found.errors.front().message;
    };
    with.failed = [](const std::string& url, const std::string& why) {
      spdlog::warn("the keys of {} could not be fetched, the old ones stay: {}", url, why);
    };
    fetcher_.emplace(std::move(with));
    identities_.judge()->when_key_is_unknown([this] { fetcher_->ask_early(); });
  }

  void watch_steps() {
    std::optional<std::string> spinning;
    watched_.resize(services_.watches.size());
    for (std::size_t thread = 0; thread < watched_.size(); ++thread) {
      const auto sight = services_.watches[thread]->look();
      auto& before = watched_[thread];
      before.ticks = sight.step && sight == before.sight ? before.ticks + 1 : 0;
      before.sight = sight;
      if (before.ticks * 1'000 >= holds_->middleware.spin_ms)
        spinning = fmt::format("step {} has kept I/O thread {} for {} s", *sight.step, thread, before.ticks);
    }
    if (spinning)
      spdlog::error("{}", *spinning);
    if (spinning.has_value() != spins_)
      ready_.set(spinning);
    spins_ = spinning.has_value();
  }

  void give_memory_back() {
    const auto now = [](const actors::gauge& of) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(of.load(std::memory_order_relaxed), 0));
    };
    const auto held = server_.sockets() + now(counters_.signed_in) + now(counters_.users) + now(counters_.rooms) +
                      now(counters_.relays);
    if (!held_.notices(held))
      return;
    give_back_free_memory();
    heap_trims_.fetch_add(1, std::memory_order_relaxed);
  }

  /// For pages, which go on at another node when theirs dies.
  std::vector<transport::neighbour> living_nodes() const {
    std::vector<transport::neighbour> living;
    if (const auto view = services_.views.get())
      for (const auto& node : view->nodes)
        if (!node.draining)
          living.push_back({node.row.node, node.row.address});
    return living;
  }

  bool is_ready() const {
    const auto view = services_.views.get();
    if (!view || !view->serving)
      return false;
    for (storage::shard_id shard = 0; shard < storage::shard_count; ++shard)
      if (!view->owner_of(shard))
        return false;
    return true;
  }

  std::unique_ptr<storage::sqlite_log> open_log() {
    storage::sqlite_settings settings;
    settings.store = options_.store;
    settings.warn = [](std::string_view line) { spdlog::warn("{}", line); };
    auto started = storage::sqlite_log::start(std::move(settings));
    if (!started.log)
      refuse_to_start(started.failure);
    system_config_.set("scheduler.max-threads", 1u);
    system_config_.set("scheduler.policy", caf::atom("sharing"));
    seat::configure(system_config_, options_.cluster);
    return std::move(started.log);
  }

  void measure() {
    metrics_.add("troupe", counters_);
    metrics_.add_counter("troupe_room_rebuild_seconds_total", [this] {
      return static_cast<double>(counters_.room_rebuild_us.load(std::memory_order_relaxed)) / 1e6;
    });
    const auto& log = disk_->counters();
    const auto counter = [&](const char* name, const auto& of) {
      metrics_.add_counter(name, [&of] { return static_cast<double>(of.load(std::memory_order_relaxed)); });
    };
    const auto gauge = [&](const char* name, const auto& of) {
      metrics_.add_gauge(name, [&of] { return static_cast<double>(of.load(std::memory_order_relaxed)); });
    };
    counter("troupe_log_commits_total", log.commits);
    counter("troupe_log_messages_total", log.messages);
    counter("troupe_log_reads_total", log.reads);
    counter("troupe_log_reads_shared_total", log.reads_shared);
    gauge("troupe_log_queue", log.queue_now);
    gauge("troupe_log_full", log.full_now);
    gauge("troupe_log_wal_pages", log.wal_pages_now);
    metrics_.add_counter("troupe_log_commit_seconds_total",
                         [&log] { return static_cast<double>(log.commit.sum_us()) / 1e6; });
    metrics_.add_counter("troupe_revocation_polls_total", [this] { return static_cast<double>(identities_.polls()); });
    counter("troupe_heap_trims_total", heap_trims_);
    metrics_.add_gauge("troupe_heap_used_bytes", heap_used_bytes);
    metrics_.add_counter("process_cpu_seconds_total", cpu_seconds);
    metrics_.add_gauge("process_resident_memory_bytes", resident_bytes);
    metrics_.add_gauge("troupe_sockets", [this] { return static_cast<double>(server_.sockets()); });
  }

  struct watched {
    actors::thread_watch::sight sight;
    std::int64_t ticks = 0; ///< Seconds in which nothing moved.
  };

  config::options options_;
  configuration_flags flags_;
  std::shared_ptr<const config::options> holds_; ///< With what was reloaded.
  std::vector<watched> watched_;
  bool spins_ = false;
  shrinkage held_;
  std::atomic<std::uint64_t> heap_trims_{0};
  config::room_patterns patterns_;
  caf::actor_system_config system_config_;
  actors::clock clock_;
  std::unique_ptr<storage::sqlite_log> disk_;
  storage::memory_log memory_;
  actors::resume_tokens tokens_;
  actors::actor_counters counters_;
  std::unique_ptr<actors::tape_writer> tapes_;
  transport::metrics metrics_;
  transport::readiness ready_;
  transport::static_content content_ = served_pages();
  std::optional<transport::key_fetcher> fetcher_; ///< Asked by the thread of the next.
  identities identities_;
  caf::actor_system system_;
  transport::io_pool threads_;
  std::optional<seat> seat_;
  actors::services services_;
  std::optional<actors::node> node_;
  std::optional<actors::api_desk> desk_;
  transport::neighbours neighbours_{options_.node, [this] { return living_nodes(); }};
  transport::server server_;
};

void serve(const configuration_flags& flags) {
  const auto [holds, warnings] = checked_configuration(flags);
  const auto& options = holds.values;
  const auto descriptors = raise_descriptor_limit();
  const auto stop = hold_signals();
  keep_long_blocks_apart();
  share_arenas(transport::io_pool::size_for(options.listen.io_threads));
  start_log(options.log);
  try {
    running_node node(options, flags);
    for (const auto& problem : warnings)
      fmt::print("warning    {}\n", to_string(problem));
    node.say_where(descriptors);
    if (!node.wait_until_ready(stop))
      node.wait_for(stop);
    fmt::print("draining; again to end at once\n");
    std::fflush(stdout);
    end_at_next_signal();
    node.drain();
  } catch (const CLI::Error&) {
    throw;
  } catch (const std::exception& e) {
    refuse_to_start(e.what());
  }
  spdlog::shutdown();
}

} // namespace

void add_serve(CLI::App& program) {
  auto* command = program.add_subcommand("serve", "Run one node");
  auto flags = std::make_shared<configuration_flags>();
  add_configuration_flags(*command, *flags);
  command
    ->add_option_function<std::string>(
      "--join", [flags](const std::string& directory) { join_cluster(directory, *flags); },
      "Be another node of the cluster that keeps its messages there; its name and its port are found if not given")
    ->type_name("DIR")
    ->excludes(command->get_option("--data"));
  command->footer(
    "Ctrl-C or SIGTERM gives the rooms to other nodes and tells clients to come back, then ends; a second one ends\n"
    "at once. SIGHUP reads the configuration again.\n"
    "Examples:\n"
    "  troupe serve\n"
    "  troupe serve --join data\n"
    "  troupe serve --listen 0.0.0.0:8080 --data /var/lib/troupe\n"
    "  troupe serve --config config/troupe.toml --durability memory");
  command->callback([flags] { serve(*flags); });
}

} // namespace troupe
