#include "apps/troupe/operations/node_figures.hpp"

#include <algorithm>
#include <cstdlib>

namespace troupe::operations {

std::optional<double> metric(std::string_view text, std::string_view name) {
  std::optional<double> sum;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (!line.starts_with(name) || line.size() == name.size() || (line[name.size()] != ' ' && line[name.size()] != '{'))
      continue;
    const auto value = line.rfind(' ');
    sum = sum.value_or(0) + std::strtod(std::string{line.substr(value + 1)}.c_str(), nullptr);
  }
  return sum;
}

namespace {

std::optional<std::int64_t> count(const node_look& now, std::string_view name) {
  const auto value = metric(now.metrics, name);
  return value ? std::optional{static_cast<std::int64_t>(*value)} : std::nullopt;
}

/// A node that was started anew in between counts from zero again.
std::optional<double> per_second(const node_look* before, const node_look& now, std::string_view name) {
  if (!before || before->at_us >= now.at_us || before->view.start != now.view.start)
    return std::nullopt;
  const auto first = metric(before->metrics, name);
  const auto last = metric(now.metrics, name);
  if (!first || !last)
    return std::nullopt;
  return (*last - *first) / (static_cast<double>(now.at_us - before->at_us) / 1e6);
}

} // namespace

node_figures figures_of(const actors::node_report& node, const node_look* before, const node_look* now) {
  node_figures figures;
  figures.node = node.node;
  figures.address = node.address;
  figures.shards = node.shards;
  if (!now) {
    figures.state = "no answer";
    return figures;
  }
  figures.state = node.draining ? "draining" : now->view.serving ? "serving" : "not serving";
  figures.connections = count(*now, "troupe_sockets");
  figures.rooms = count(*now, "troupe_rooms");
  figures.messages_per_s = per_second(before, *now, "troupe_messages_total");
  figures.deliveries_per_s = per_second(before, *now, "troupe_deliveries_total");
  if (const auto cpu = per_second(before, *now, "process_cpu_seconds_total"))
    figures.cpu_percent = *cpu * 100;
  const auto& links = now->view.links;
  figures.links = static_cast<std::uint32_t>(links.size());
  figures.links_up =
    static_cast<std::uint32_t>(std::count_if(links.begin(), links.end(), [](const auto& link) { return link.up; }));
  return figures;
}

} // namespace troupe::operations
