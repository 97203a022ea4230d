// troupe bench tokens: what it costs to know who somebody is, with a signature and from memory.
#include "apps/troupe/commands.hpp"
#include "identity/authenticator.hpp"
#include "identity/mint.hpp"
#include "identity/new_keys.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe {

namespace {

using namespace identity;

constexpr time_ms now = 1'700'000'000'000;
constexpr std::size_t tokens_per_key = 256;

struct token_bench_settings {
  unsigned rounds = 15;
  unsigned round_ms = 20;
  bool json = false;
};

/// Microseconds of one call, of each round.
using samples = std::vector<double>;

struct figures {
  double least = 0, median = 0, most = 0;
  double spread_percent = 0; ///< Between the medians of the odd and the even rounds, which measure the same.
};

double median_of(samples all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

figures figures_of(const samples& all) {
  samples odd, even;
  for (std::size_t i = 0; i < all.size(); ++i)
    (i % 2 ? odd : even).push_back(all[i]);
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  const auto median = median_of(all);
  return {*least, median, *most, std::abs(median_of(odd) - median_of(even)) / median * 100};
}

/// Calls it for about that long and gives the time of one call.
double round_of(const std::function<void(std::size_t)>& call, unsigned round_ms) {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  const auto until = begin + std::chrono::milliseconds{round_ms};
  std::size_t calls = 0;
  auto at = begin;
  for (; at < until; at = clock::now()) {
    for (std::size_t i = 0; i < 32; ++i)
      call(calls++);
  }
  return std::chrono::duration<double, std::micro>(at - begin).count() / static_cast<double>(calls);
}

struct measured {
  algorithm by = algorithm::es256;
  std::size_t token_bytes = 0;
  figures verification, remembered;
  double times() const { return verification.median / remembered.median; }
};

jose_key must(jose_key::read read) {
  if (const auto* why = std::get_if<std::string>(&read))
    throw std::runtime_error("a fresh key " + *why);
  return std::get<jose_key>(std::move(read));
}

measured measure(algorithm by, const token_bench_settings& s) {
  const auto pair = by == algorithm::hs256 ? key_pair{} : make_key_pair(by);
  const auto secret = make_secret();
  const auto signing =
    must(by == algorithm::hs256 ? jose_key::from_secret(secret) : jose_key::from_private_pem(pair.private_pem));
  std::vector<verification_key> keys;
  keys.push_back({"bench", must(by == algorithm::hs256 ? jose_key::from_secret(secret)
                                                       : jose_key::from_public_pem(pair.public_pem, by))});
  const key_ring ring{std::move(keys), 1};
  const token_rules rules{"https://login.example.org", "troupe", 30'000, 86'400'000};
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < tokens_per_key; ++i)
    tokens.push_back(make_token({.kid = "bench",
                                 .user = "user-" + std::to_string(i),
                                 .issuer = rules.issuer,
                                 .audience = rules.audience,
                                 .issued = now,
                                 .expires = now + 3'600'000,
                                 .id = "01HXYZ5T4VPRJ8Q0Q3J9W2M7KD"},
                                signing));
  const verifier judge{rules, nullptr};
  token_cache cache{tokens_per_key * 32};
  const digest_salt salt{1};
  for (const auto& token : tokens)
    cache.remember(digest_of(token, salt), std::get<verified>(judge.verify(token, ring, now)), ring, now);
  const auto verify = [&](std::size_t i) {
    if (!std::holds_alternative<verified>(judge.verify(tokens[i % tokens_per_key], ring, now)))
      throw std::runtime_error("a good token was refused");
  };
  const auto recall = [&](std::size_t i) {
    if (!cache.find(digest_of(tokens[i % tokens_per_key], salt), ring, now))
      throw std::runtime_error("a remembered token was not found");
  };
  // Alternately, so that what the machine does besides meets both.
  samples verifications, remembered;
  for (unsigned i = 0; i < s.rounds; ++i) {
    verifications.push_back(round_of(verify, s.round_ms));
    remembered.push_back(round_of(recall, s.round_ms));
  }
  return {by, tokens.front().size(), figures_of(verifications), figures_of(remembered)};
}

boost::json::object as_json(const figures& f) {
  return {{"us_min", f.least}, {"us_median", f.median}, {"us_max", f.most}, {"aa_spread_percent", f.spread_percent}};
}

std::string as_text(const char* what, const figures& f) {
  return fmt::format("  {:<12} {:>9.3f} {:>9.3f} {:>9.3f}   {:>5.1f} %\n", what, f.least, f.median, f.most,
                     f.spread_percent);
}

void run(const token_bench_settings& s) {
  std::vector<measured> all;
  for (const auto by : {algorithm::hs256, algorithm::rs256, algorithm::es256})
    all.push_back(measure(by, s));
  if (s.json) {
    boost::json::array list;
    for (const auto& m : all)
      list.push_back(boost::json::object{{"algorithm", name_of(m.by)},
                                         {"token_bytes", m.token_bytes},
                                         {"verification", as_json(m.verification)},
                                         {"remembered", as_json(m.remembered)},
                                         {"times_cheaper", m.times()}});
    std::puts(boost::json::serialize(boost::json::object{{"rounds", s.rounds}, {"tokens", std::move(list)}}).c_str());
    return;
  }
  for (const auto& m : all) {
    fmt::print("{} ({} bytes)   min us    median       max   A/A spread\n", name_of(m.by), m.token_bytes);
    fmt::print("{}{}  remembered is {:.0f} times cheaper\n", as_text("verified", m.verification),
               as_text("remembered", m.remembered), m.times());
  }
}

} // namespace

void add_bench_tokens(CLI::App& bench) {
  auto s = std::make_shared<token_bench_settings>();
  auto* command = bench.add_subcommand("tokens", "What verifying a token costs, and remembering it; needs no server");
  command->add_option("--rounds", s->rounds, "Rounds of each measurement, odd and even ones compared with each other")
    ->capture_default_str()
    ->check(CLI::Range(4u, 10'000u));
  command->add_option("--round-ms", s->round_ms, "Milliseconds of a round")
    ->capture_default_str()
    ->check(CLI::Range(1u, 60'000u));
  command->add_flag("--json", s->json, "One JSON object on stdout");
  command->callback([s] { run(*s); });
}

} // namespace troupe
