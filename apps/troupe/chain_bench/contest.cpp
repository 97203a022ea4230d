#include "apps/troupe/chain_bench/contest.hpp"

#include "apps/troupe/chain_bench/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::chain_bench {

namespace {

std::size_t peak_kib_of_child(const std::function<void()>& what) {
  const auto child = ::fork();
  if (child == 0) {
    try {
      what();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child || status != 0)
    throw std::runtime_error("the process that measures memory has failed");
  return static_cast<std::size_t>(used.ru_maxrss);
}

} // namespace

tables contest(const std::vector<std::string>& what, std::vector<contender> all, std::uint32_t rounds) {
  all.insert(all.begin() + 1, {all.front().way + ", again", all.front().round});
  tables found;
  for (const auto& name : what) {
    found.push_back({name, {}});
    for (const auto& one : all)
      found.back().ways.push_back({one.way, {}});
  }
  for (std::uint32_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto turn = (i + round) % all.size();
      const auto figures = all[turn].round();
      for (std::size_t k = 0; k < found.size(); ++k)
        found[k].ways[turn].rounds.push_back(figures.at(k));
    }
  return found;
}

std::string as_text(const tables& all) {
  std::string text;
  for (const auto& one : all) {
    text += fmt::format("{:<46}{:>11}{:>11}{:>11}{:>9}\n", one.what, "min", "median", "max", "times");
    for (const auto& way : one.ways) {
      const auto s = summary_of(way.rounds);
      text += fmt::format("  {:<44}{:>11.1f}{:>11.1f}{:>11.1f}{:>9.2f}\n", way.way, s.least, s.middle, s.most,
                          s.middle / summary_of(one.ways.front().rounds).middle);
    }
  }
  return text;
}

std::string as_json(const tables& all) {
  std::string list;
  for (const auto& one : all) {
    std::string ways;
    for (const auto& way : one.ways) {
      const auto s = summary_of(way.rounds);
      ways += fmt::format("{}{{\"way\":\"{}\",\"min\":{:.2f},\"median\":{:.2f},\"max\":{:.2f}}}",
                          ways.empty() ? "" : ",", way.way, s.least, s.middle, s.most);
    }
    list += fmt::format("{}{{\"what\":\"{}\",\"ways\":[{}]}}", list.empty() ? "" : ",", one.what, ways);
  }
  return '[' + list + "]\n";
}

std::size_t peak_kib_of(const std::function<void()>& what) {
  const auto before = peak_kib_of_child([] {});
  const auto most = peak_kib_of_child(what);
  return most > before ? most - before : 0;
}

} // namespace troupe::chain_bench
