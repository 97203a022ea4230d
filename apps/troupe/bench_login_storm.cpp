// troupe bench login-storm: how late messages are while many people sign in.
#include "apps/troupe/bench/histogram.hpp"
#include "apps/troupe/bench_article.hpp"
#include "apps/troupe/chain_bench/contest.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/keys.hpp"
#include "apps/troupe/token_words.hpp"
#include "client/connection.hpp"
#include "identity/key_file.hpp"
#include "identity/mint.hpp"
#include "protocol/names.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace troupe {

namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct storm_settings {
  configuration_flags configuration;
  std::string url = "ws://127.0.0.1:8080/ws";
  std::string private_key;
  std::uint32_t logins_per_s = 500;
  std::uint32_t messages_per_s = 1'000;
  std::uint32_t windows = 20;
  std::uint32_t window_ms = 1'000;
  bool json = false;
};

/// Makes tokens that the configuration takes.
class token_maker {
public:
  explicit token_maker(const storm_settings& s) : key_(read(s.private_key)) {
    const auto holds = effective_configuration(s.configuration);
    wish_.kid = keys_of(holds)->ring()->name_of(key_.fingerprint()).value_or("");
    wish_.issuer = holds.values.auth.issuer;
    wish_.audience = holds.values.auth.audience;
  }

  /// Never the same twice.
  std::string token_of(const std::string& user) {
    wish_.user = user;
    wish_.issued = wall_clock();
    wish_.expires = wish_.issued + 3'600'000;
    wish_.id = fmt::format("{}-{}", run_, ++made_);
    return make_token(wish_, key_);
  }

private:
  static identity::jose_key read(const std::string& file) {
    auto text = identity::read_private_file(file, identity::key_file_bytes_max);
    if (const auto* why = std::get_if<identity::unreadable>(&text))
      throw std::runtime_error(file + ' ' + why->why);
    auto key = identity::jose_key::from_private_pem(std::get<std::string>(text));
    if (const auto* why = std::get_if<std::string>(&key))
      throw std::runtime_error(file + ' ' + *why);
    return std::get<identity::jose_key>(std::move(key));
  }

  identity::jose_key key_;
  identity::token_wish wish_;
  const std::uint32_t run_ = std::random_device{}();
  std::uint64_t made_ = 0;
};

/// Connects, says hello, and calls `ready` when it is welcome or `failed` when it is not.
std::shared_ptr<client::connection> sign_in(boost::asio::io_context& io, const client::endpoint& where,
                                            std::string token, std::function<void()> ready,
                                            std::function<void(const protocol::push&)> received,
                                            std::function<void(const std::string&)> failed) {
  auto self = std::make_shared<std::weak_ptr<client::connection>>();
  client::connection_events events;
  events.opened = [self, token = std::move(token)] {
    if (const auto connection = self->lock())
      connection->send(protocol::client::hello{.id = 1, .token = token});
  };
  events.received = [ready = std::move(ready), received = std::move(received), failed](const protocol::push& what) {
    if (std::holds_alternative<protocol::server::welcome>(what))
      ready();
    else if (const auto* error = std::get_if<protocol::server::error>(&what))
      failed(error->message);
    else
      received(what);
  };
  events.lost = [failed](const client::loss& how) {
    if (how.code != 1'000)
      failed(how.reason);
  };
  auto made = client::connection::open(io, where, std::move(events));
  *self = made;
  return made;
}

/// Two people, one of whom speaks, on a thread's own loop.
class conversation {
public:
  conversation(const storm_settings& s, const client::endpoint& where, token_maker& tokens)
    : pause_(std::chrono::nanoseconds{1'000'000'000 / s.messages_per_s}) {
    const auto fail = [](const std::string& why) { throw std::runtime_error("a conversation failed: " + why); };
    bool said = false;
    listener_ = sign_in(
      io_, where, tokens.token_of("bench-bob"),
      [&] { listener_->send(protocol::client::join{.id = 2, .room = room_}); },
      [&, this](const protocol::push& what) {
        if (std::holds_alternative<protocol::server::joined>(what))
          joined_ = true;
        if (const auto* message = std::get_if<protocol::server::message>(&what))
          arrived(message->body);
      },
      fail);
    speaker_ = sign_in(
      io_, where, tokens.token_of("bench-ann"), [&said] { said = true; }, [](const protocol::push&) {}, fail);
    while (!said || !joined_)
      io_.run_one_for(100ms);
  }

  /// Median and 99th percentile, in µs, of the messages of that time.
  std::vector<double> talk_for(std::chrono::milliseconds time) {
    late_ = {};
    const auto begin = steady::now();
    auto due = begin;
    std::uint64_t sent = 0;
    for (; due < begin + time; due += pause_, ++sent) {
      while (steady::now() < due)
        io_.run_one_for(std::min<steady::duration>(due - steady::now(), 1ms));
      protocol::client::send message;
      message.id = ++ids_;
      message.room = room_;
      message.cid = fresh_cid();
      message.body = std::to_string(due.time_since_epoch().count());
      speaker_->send(message);
    }
    const auto patience = steady::now() + 30s;
    while (late_.count() < sent && steady::now() < patience)
      io_.run_one_for(100ms);
    if (late_.count() != sent)
      throw std::runtime_error(fmt::format("{} of {} messages came", late_.count(), sent));
    return {static_cast<double>(late_.percentile(50)) / 1e3, static_cast<double>(late_.percentile(99)) / 1e3};
  }

private:
  void arrived(const std::string& body) { late_.add(steady::now().time_since_epoch().count() - std::stoll(body)); }

  std::string fresh_cid() {
    unsigned char randomness[10];
    for (auto& byte : randomness)
      byte = static_cast<unsigned char>(random_());
    return protocol::make_ulid(wall_clock(), randomness);
  }

  const std::string room_ = "bench/mem/storm";
  const std::chrono::nanoseconds pause_;
  boost::asio::io_context io_;
  std::shared_ptr<client::connection> listener_, speaker_;
  bool joined_ = false;
  protocol::request_id ids_ = 10;
  bench::histogram late_;
  std::mt19937_64 random_{std::random_device{}()};
};

/// So many people a second sign in and go, on a thread of their own.
class storm {
public:
  /// `token` is called on that thread.
  storm(const storm_settings& s, client::endpoint where, std::function<std::string()> token)
    : where_(std::move(where)), token_(std::move(token)),
      pause_(std::chrono::nanoseconds{1'000'000'000 / s.logins_per_s}),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~storm() { thread_.request_stop(); }

  std::uint64_t welcome() const { return welcome_; }
  std::uint64_t refused() const { return refused_; }

private:
  void run(const std::stop_token& stop) {
    boost::asio::io_context io;
    std::uint64_t number = 0;
    for (auto due = steady::now(); !stop.stop_requested(); due += pause_) {
      while (steady::now() < due && !stop.stop_requested()) {
        io.restart();
        io.run_for(std::min<steady::duration>(due - steady::now(), 1ms));
      }
      const auto id = ++number;
      open_[id] = sign_in(
        io, where_, token_(),
        [this, id] {
          ++welcome_;
          open_[id]->close();
        },
        [](const protocol::push&) {}, [this](const std::string&) { ++refused_; });
      if (open_.size() > 10'000)
        open_.erase(open_.begin());
    }
    for (auto& [id, one] : open_)
      one->abandon();
    open_.clear(); // Sockets must not outlive their loop.
  }

  const client::endpoint where_;
  const std::function<std::string()> token_;
  const std::chrono::nanoseconds pause_;
  std::map<std::uint64_t, std::shared_ptr<client::connection>> open_;
  std::atomic<std::uint64_t> welcome_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::jthread thread_; ///< Last: it uses the others.
};

void measure(const storm_settings& s) {
  const auto where = client::parse_url(s.url);
  if (!where)
    throw std::runtime_error("--url " + s.url + ": that is no ws://HOST:PORT/PATH");
  token_maker tokens{s}, storm_tokens{s};
  conversation people{s, *where, tokens};
  const std::chrono::milliseconds window{s.window_ms};
  double signed_in = 0, refused = 0, storms_s = 0;
  const auto during = [&](std::function<std::string()> token) {
    storm people_coming{s, *where, std::move(token)};
    std::this_thread::sleep_for(100ms);
    const auto began = steady::now();
    const auto before = people_coming.welcome();
    auto found = people.talk_for(window);
    storms_s += std::chrono::duration<double>(steady::now() - began).count();
    signed_in += static_cast<double>(people_coming.welcome() - before);
    refused += static_cast<double>(people_coming.refused());
    return found;
  };
  std::uint64_t guests = 0;
  std::vector<std::string> remembered;
  for (int i = 0; i < 256; ++i)
    remembered.push_back(storm_tokens.token_of(fmt::format("bench-known-{}", i)));
  const auto found = chain_bench::contest(
    {"µs from a message's time to its arrival, half of them", "µs, one in a hundred"},
    {{"quiet", [&] { return people.talk_for(window); }},
     {"known tokens sign in", [&] { return during([&] { return remembered[++guests % remembered.size()]; }); }},
     {"fresh tokens sign in",
      [&] { return during([&] { return storm_tokens.token_of(fmt::format("bench-new-{}", ++guests)); }); }}},
    s.windows);
  if (s.json) {
    std::fputs(chain_bench::as_json(found).c_str(), stdout);
    return;
  }
  std::fputs(chain_bench::as_text(found).c_str(), stdout);
  fmt::print("{:.0f} of {} logins a second were welcome in the storms, {:.0f} were refused or lost\n",
             signed_in / storms_s, s.logins_per_s, refused);
}

} // namespace

void add_bench_login_storm(CLI::App& bench) {
  auto s = std::make_shared<storm_settings>();
  auto* sub =
    bench.add_subcommand("login-storm", "How late messages are while many sign in with tokens nobody has seen");
  add_configuration_flags(*sub, s->configuration, option_flags::none);
  sub->add_option("--url", s->url, "Of a node with auth.mode = \"token\"")->capture_default_str();
  sub->add_option("--private-key", s->private_key, "Signs the tokens; its public half is in --config")
    ->required()
    ->type_name("FILE");
  sub->add_option("--logins", s->logins_per_s, "Logins a second")->capture_default_str()->check(CLI::Range(1, 20'000));
  sub->add_option("--messages", s->messages_per_s, "Messages a second")
    ->capture_default_str()
    ->check(CLI::Range(1, 20'000));
  sub->add_option("--windows", s->windows, "Windows of each kind, in turns")
    ->capture_default_str()
    ->check(CLI::Range(1, 1'000));
  sub->add_option("--window-ms", s->window_ms, "Milliseconds of a window")
    ->capture_default_str()
    ->check(CLI::Range(100, 60'000));
  sub->add_flag("--json", s->json, "One JSON array on stdout");
  sub->footer("Example:\n"
              "  troupe token key es.pem > key.toml         # the entry for [[auth.keys]] of node.toml\n"
              "  troupe serve --config node.toml &\n"
              "  troupe bench login-storm --config node.toml --private-key es.pem --logins 500");
  sub->final_callback([s] {
    try {
      measure(*s);
    } catch (const CLI::Error&) {
      throw;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "troupe bench login-storm: %s\n", e.what());
      throw CLI::RuntimeError(2);
    }
  });
}

} // namespace troupe
