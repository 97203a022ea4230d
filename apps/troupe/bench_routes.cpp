#include "apps/troupe/bench_routes.hpp"

#include "config/route_table.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

namespace {

using routes = config::route_table<std::uint32_t>;
using kind = config::route_pattern::segment_kind;

struct route_settings {
  std::vector<std::uint32_t> sizes = {10, 1'000, 100'000};
  std::uint32_t rounds = 11;
  std::uint32_t round_ms = 60;
  bool json = false;
};

/// Of ten routes six are plain names, two have a parameter, one is a prefix and one takes a rest.
std::vector<routes::route> made_routes(std::uint32_t count) {
  std::vector<routes::route> made;
  for (std::uint32_t i = 0; i < count; ++i) {
    switch (i % 10) {
    case 6: made.push_back({fmt::format("team{}/:ticket", i), i}); break;
    case 7: made.push_back({fmt::format("team{}/:ticket/log", i - 1), i}); break;
    case 8: made.push_back({fmt::format("bot{}:*rest", i), i}); break;
    case 9: made.push_back({i == 9 ? "*room" : fmt::format("archive/year{}/*rest", i), i}); break;
    default: made.push_back({fmt::format("lobby{}/table{}", i % 97, i), i}); break;
    }
  }
  return made;
}

/// The same patterns in the order of their precedence; the first that matches decides.
class route_list {
public:
  explicit route_list(const std::vector<routes::route>& list) {
    for (const auto& r : list) {
      auto parsed = config::route_pattern::parse(r.pattern, config::route_form::room);
      entries_.push_back({std::get<config::route_pattern>(std::move(parsed)), r.value});
    }
    std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      const auto& x = a.pattern.segments();
      const auto& y = b.pattern.segments();
      return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
    });
  }

  std::uint32_t find(std::string_view name) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const auto& entry) { return matches(entry.pattern.segments(), name); });
    return found == entries_.end() ? 0 : found->value;
  }

private:
  struct entry {
    config::route_pattern pattern;
    std::uint32_t value;
  };

  static bool matches(const std::vector<config::route_pattern::segment>& segments, std::string_view left) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const auto& s = segments[i];
      if (s.kind == kind::rest || s.kind == kind::rest_after_text)
        return left.size() > s.text.size() && left.starts_with(s.text);
      const auto part = left.substr(0, left.find('/'));
      if (s.kind == kind::parameter ? part.empty() : part != s.text)
        return false;
      if (part.size() == left.size())
        return i + 1 == segments.size();
      left.remove_prefix(part.size() + 1);
    }
    return false;
  }

  std::vector<entry> entries_;
};

/// Nanoseconds of each round, sorted.
struct figures {
  std::vector<double> rounds;
  double min() const { return rounds.front(); }
  double median() const { return rounds[rounds.size() / 2]; }
  double max() const { return rounds.back(); }
  std::string text() const { return fmt::format("{:.1f} ({:.1f}-{:.1f})", median(), min(), max()); }
  std::string json() const {
    return fmt::format(R"({{"min_ns":{:.2f},"median_ns":{:.2f},"max_ns":{:.2f}}})", min(), median(), max());
  }
};

struct contest {
  std::uint32_t size = 0;
  figures trie;
  figures list;
  double spread = 0; ///< Of the medians of two tables built alike, in hundredths of the smaller.
  std::uint64_t differences = 0;
};

template <class Find>
double round_of(const std::vector<std::string>& names, std::uint32_t round_ms, std::uint64_t& sum, Find find) {
  const auto start = std::chrono::steady_clock::now();
  const auto until = start + std::chrono::milliseconds{round_ms};
  std::uint64_t lookups = 0;
  auto now = start;
  for (std::size_t at = 0; now < until; now = std::chrono::steady_clock::now()) {
    for (std::size_t n = 0; n < 16; ++n, at = at + 1 == names.size() ? 0 : at + 1)
      sum += find(names[at]);
    lookups += 16;
  }
  return std::chrono::duration<double, std::nano>(now - start).count() / static_cast<double>(lookups);
}

contest measure(const route_settings& s, std::uint32_t size) {
  const auto list = made_routes(size);
  const auto first = routes::of(list, config::route_form::room);
  const auto second = routes::of(list, config::route_form::room);
  const route_list in_a_row{list};
  std::vector<std::string> names;
  std::mt19937_64 random{size};
  for (std::uint32_t i = 0; i < std::min(size * 4, 20'000u); ++i) {
    const auto parsed = config::route_pattern::parse(list[random() % list.size()].pattern, config::route_form::room);
    names.push_back(std::get<config::route_pattern>(parsed).filled_with("t42", "some/where"));
  }
  const auto in_first = [&](const std::string& name) { return first.find(name)->value(); };
  const auto in_second = [&](const std::string& name) { return second.find(name)->value(); };
  const auto in_list = [&](const std::string& name) { return in_a_row.find(name); };
  contest result;
  result.size = size;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 500); ++i)
    result.differences += in_first(names[i]) != in_list(names[i]) ? 1 : 0;
  figures again;
  std::uint64_t sum = 0;
  for (std::uint32_t round = 0; round < s.rounds; ++round) { // In turns, so that a drift meets all of them.
    result.trie.rounds.push_back(round_of(names, s.round_ms, sum, in_first));
    result.list.rounds.push_back(round_of(names, s.round_ms, sum, in_list));
    again.rounds.push_back(round_of(names, s.round_ms, sum, in_second));
  }
  volatile std::uint64_t used = sum; // The look-ups have a result that somebody wants.
  static_cast<void>(used);
  for (auto* f : {&result.trie, &result.list, &again})
    std::sort(f->rounds.begin(), f->rounds.end());
  const auto [low, high] = std::minmax({result.trie.median(), again.median()});
  result.spread = 100 * (high / low - 1);
  return result;
}

int run(const route_settings& s) {
  std::string json;
  bool clean = true;
  for (const auto size : s.sizes) {
    const auto c = measure(s, size);
    clean = clean && c.differences == 0;
    if (s.json) {
      json += fmt::format(R"({}{{"routes":{},"trie":{},"list":{},"aa_spread_percent":{:.1f},"differences":{}}})",
                          json.empty() ? "" : ",", size, c.trie.json(), c.list.json(), c.spread, c.differences);
      continue;
    }
    fmt::print("{:>7} routes: trie {} ns, list {} ns, A/A spread {:.1f} %{}\n", size, c.trie.text(), c.list.text(),
               c.spread, c.differences == 0 ? "" : ", AND THEY DIFFER");
    std::fflush(stdout);
  }
  if (s.json)
    fmt::print("[{}]\n", json);
  return clean ? 0 : 1;
}

} // namespace

void add_bench_routes(CLI::App& bench) {
  auto s = std::make_shared<route_settings>();
  auto* sub = bench.add_subcommand("routes", "A look-up in a table of routes, against a list of them; needs no server");
  sub->add_option("--routes", s->sizes, "Sizes of the tables")
    ->delimiter(',')
    ->capture_default_str()
    ->check(CLI::Range(10, 1'000'000));
  sub->add_option("--rounds", s->rounds, "Rounds of each")->capture_default_str()->check(CLI::Range(1, 1'000));
  sub->add_option("--round-ms", s->round_ms, "Milliseconds of a round")
    ->capture_default_str()
    ->check(CLI::Range(1, 10'000));
  sub->add_flag("--json", s->json, "One JSON array on stdout");
  sub->final_callback([s] {
    if (const int code = run(*s); code != 0)
      throw CLI::RuntimeError(code);
  });
}

} // namespace troupe
