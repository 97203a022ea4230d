#include "apps/troupe/chain_bench/article.hpp"

#include "actors/middleware/side_thread.hpp"
#include "apps/troupe/chain_bench/small_node.hpp"
#include "identity/authenticator.hpp"
#include "identity/mint.hpp"
#include "identity/new_keys.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace troupe::chain_bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::uint32_t messages = 4'000; ///< Of a round, one every …
constexpr std::chrono::microseconds pause{50};
constexpr std::uint32_t login_every = 20; ///< So many messages: 1,000 logins a second.

protocol::time_ms wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

/// Keys, tokens and who judges them.
class login_desk {
public:
  login_desk() {
    const auto pair = identity::make_key_pair(identity::algorithm::es256);
    signing_ = std::make_unique<identity::jose_key>(
      std::get<identity::jose_key>(identity::jose_key::from_private_pem(pair.private_pem)));
    const auto file = "/tmp/troupe-bench-" + std::to_string(::getpid()) + ".pem";
    std::ofstream{file} << pair.public_pem;
    auth_.issuer = "https://login.example.org";
    auth_.audience = "troupe";
    keys_ = std::make_shared<identity::current_keys>(
      std::vector{config::auth_key{.kid = "bench", .algorithm = "ES256", .public_key_file = file}});
    const auto read = keys_->reload();
    ::unlink(file.c_str());
    if (!read.errors.empty())
      throw std::runtime_error(read.errors.front().message);
    judge_ = std::make_unique<identity::authenticator>(auth_, keys_, identity::digest_salt{});
  }

  identity::authenticator& judge() { return *judge_; }

  std::string fresh_token() {
    const auto now = wall_ms();
    return make_token({.kid = "bench",
                       .user = "ann",
                       .issuer = auth_.issuer,
                       .audience = auth_.audience,
                       .issued = now,
                       .expires = now + 3'600'000,
                       .id = std::to_string(++made_)},
                      *signing_);
  }

private:
  config::auth_options auth_;
  std::unique_ptr<identity::jose_key> signing_;
  std::shared_ptr<identity::current_keys> keys_;
  std::unique_ptr<identity::authenticator> judge_;
  std::uint64_t made_ = 0;
};

/// Messages at their time, logins between them; how long after its time each message was through.
std::vector<double> round_of(small_node& node, login_desk& logins, const shared_chain& hello,
                             const shared_chain& send) {
  std::vector<std::string> tokens;
  for (std::uint32_t i = 0; i < messages / login_every; ++i)
    tokens.push_back(logins.fresh_token());
  end_of_chain talk, arrivals;
  requester ann{1, 0, {"ann", nullptr}, {0, 1, 0}, {0, 1, 0}};
  ann.who.claims = std::make_shared<const identity::claims>(
    identity::claims{.user = "ann", .issued = wall_ms(), .expires = wall_ms() + 3'600'000});
  requester nobody{2, 0, {}, {0, 1, 0}, {0, 1, 0}};
  auto message = message_to("support/4711");
  std::vector<double> late_us;
  late_us.reserve(messages);
  const auto begin = steady::now();
  for (std::uint32_t i = 0; i < messages; ++i) {
    const auto due = begin + i * pause;
    while (steady::now() < due)
      node.unit().drain();
    if (i % login_every == 0) // Each on a connection of its own, so none waits behind another.
      passage_ptr {
        new passage {
          endpoint::ws, protocol::client::hello{.id = i + 1, .token = tokens[i / login_every]}, nobody, arrivals, hello,
            wall_ms()
        }
        } -> start();
    message.id = i + 1;
    talk.gate.enter(passage_ptr{new passage{endpoint::ws, message, ann, talk, send, wall_ms()}});
    node.unit().drain();
    talk.gate.answered(i + 1, {outcome::kind::ok, std::nullopt});
    late_us.push_back(std::chrono::duration<double, std::micro>(steady::now() - due).count());
  }
  while (arrivals.through < tokens.size())
    node.unit().drain();
  if (talk.through != messages)
    throw std::runtime_error("a message did not come through");
  std::sort(late_us.begin(), late_us.end());
  return {late_us[late_us.size() / 2], late_us[late_us.size() * 99 / 100]};
}

} // namespace

tables measure_waiting(std::uint32_t rounds) {
  login_desk logins;
  side_thread verifying{16'384};
  const auto node_with = [&](std::function<bool(std::function<void()>)> elsewhere) {
    return std::make_unique<small_node>([](config::options& o) { o.auth.mode = "token"; },
                                        [&](services& around) {
                                          around.tokens_of_users = &logins.judge();
                                          around.elsewhere = elsewhere;
                                        });
  };
  const auto beside = node_with([&](std::function<void()> job) { return verifying.run(std::move(job)); });
  const auto at_once = node_with([](const std::function<void()>& job) { return job(), true; });
  const auto way = [&](std::string name, small_node& node) {
    const auto hello = node.chain_of({"authenticate"});
    const auto send = node.chain_of({"authenticate", "authorize", "rate_limit"});
    return contender{std::move(name), [&node, &logins, hello, send] { return round_of(node, logins, hello, send); }};
  };
  return contest({"µs late, half of the messages", "µs late, one in a hundred"},
                 {way("verified on another thread", *beside), way("verified where messages are", *at_once)}, rounds);
}

} // namespace troupe::chain_bench
