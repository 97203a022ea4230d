#include "apps/troupe/chain_bench/chain_report.hpp"

#include "apps/troupe/chain_bench/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::chain_bench {

std::string as_text(const std::vector<series>& all, std::uint32_t messages) {
  auto text = fmt::format("{:<34}{:>9}{:>9}{:>9}{:>12}\n", "ns a message", "min", "median", "max", "over none");
  for (const auto& one : all) {
    const auto ns = summary_of(one.ns);
    text += fmt::format("{:<34}{:>9.0f}{:>9.0f}{:>9.0f}{:>12.0f}\n", one.way, ns.least, ns.middle, ns.most,
                        ns.middle - summary_of(all.front().ns).middle);
  }
  return text +
         fmt::format("{} rounds of {} messages a way, in turn, on one thread\n", all.front().ns.size(), messages);
}

std::string as_json(const std::vector<series>& all, std::uint32_t messages) {
  auto text = fmt::format("{{\"messages\":{},\"rounds\":{},\"ways\":[", messages, all.front().ns.size());
  for (const auto& one : all) {
    const auto ns = summary_of(one.ns);
    text += fmt::format("{}{{\"way\":\"{}\",\"min_ns\":{:.0f},\"median_ns\":{:.0f},\"max_ns\":{:.0f}}}",
                        &one == &all.front() ? "" : ",", one.way, ns.least, ns.middle, ns.most);
  }
  return text + "]}\n";
}

} // namespace troupe::chain_bench
