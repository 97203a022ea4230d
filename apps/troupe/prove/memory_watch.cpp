#include "apps/troupe/prove/memory_watch.hpp"

#include <algorithm>

namespace troupe::prove {

namespace {

constexpr double compared_s = 60;

/// The upper one of two in the middle; 0 of none.
std::int64_t median(std::vector<std::int64_t> of) {
  if (of.empty())
    return 0;
  const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::nth_element(of.begin(), middle, of.end());
  return *middle;
}

} // namespace

void memory_watch::read(const std::string& node, int pid, double at_s, std::int64_t kb) {
  auto& one = lives_[{node, pid}];
  if (loaded_)
    one.loaded.push_back({at_s, kb});
  else
    one.end_kb = kb;
}

std::vector<std::int64_t> memory_watch::medians(std::size_t parts) const {
  double end_s = 0;
  for (const auto& [whose, one] : lives_)
    if (!one.loaded.empty())
      end_s = std::max(end_s, one.loaded.back().at_s);
  std::vector<std::vector<std::int64_t>> by_part(parts);
  for (const auto& [whose, one] : lives_)
    for (const auto& [at_s, kb] : one.loaded) {
      const auto part = end_s > 0 ? static_cast<std::size_t>(at_s / end_s * static_cast<double>(parts)) : 0;
      by_part[std::min(part, parts - 1)].push_back(kb);
    }
  std::vector<std::int64_t> out;
  for (auto& part : by_part)
    out.push_back(median(std::move(part)));
  return out;
}

/// Percent of the mean in ten minutes, by least squares.
double memory_watch::slope(readings begin, readings end) {
  const auto n = static_cast<double>(end - begin);
  double mean_s = 0;
  double mean_kb = 0;
  for (auto r = begin; r != end; ++r) {
    mean_s += r->at_s;
    mean_kb += static_cast<double>(r->kb);
  }
  mean_s /= n;
  mean_kb /= n;
  double product = 0;
  double square = 0;
  for (auto r = begin; r != end; ++r) {
    product += (r->at_s - mean_s) * (static_cast<double>(r->kb) - mean_kb);
    square += (r->at_s - mean_s) * (r->at_s - mean_s);
  }
  return mean_kb > 0 ? product / square * 600 / mean_kb * 100 : 0;
}

std::vector<long_life> memory_watch::long_lives() const {
  std::vector<long_life> out;
  for (const auto& [whose, one] : lives_) {
    const auto& all = one.loaded;
    const auto warm =
      std::find_if(all.begin(), all.end(), [&](const reading& r) { return r.at_s >= all.front().at_s + warm_up_s; });
    if (warm == all.end() || all.back().at_s - warm->at_s < judged_from_s)
      continue;
    long_life life{whose.first, whose.second, all.back().at_s - warm->at_s, 0, 0, 0, 0, one.end_kb};
    std::vector<std::int64_t> first;
    std::vector<std::int64_t> last;
    for (auto r = warm; r != all.end(); ++r) {
      if (r->at_s < warm->at_s + compared_s)
        first.push_back(r->kb);
      if (r->at_s > all.back().at_s - compared_s)
        last.push_back(r->kb);
    }
    life.first_kb = median(std::move(first));
    life.last_kb = median(std::move(last));
    life.percent_per_10min = slope(warm, all.end());
    life.settled_percent_per_10min = slope(warm + (all.end() - warm) / 2, all.end());
    out.push_back(std::move(life));
  }
  return out;
}

} // namespace troupe::prove
