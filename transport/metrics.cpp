#include "transport/metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace troupe::transport {

void metrics::add_gauge(std::string name, std::function<double()> read, const labels& with) {
  std::lock_guard guard{mutex_};
  series_.push_back({std::move(name), false, std::move(read), with});
}

void metrics::add_counter(std::string name, std::function<double()> read, const labels& with) {
  std::lock_guard guard{mutex_};
  series_.push_back({std::move(name), true, std::move(read), with});
}

void metrics::keep(std::shared_ptr<const void> owner) {
  std::lock_guard guard{mutex_};
  kept_.push_back(std::move(owner));
}

std::string metrics::text() const {
  std::map<std::string, prometheus::MetricFamily> families;
  {
    std::lock_guard guard{mutex_};
    for (const auto& item : series_) {
      auto& family = families[item.name];
      family.name = item.name;
      family.type = item.grows ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      auto& metric = family.metric.emplace_back();
      for (const auto& [name, value] : item.with)
        metric.label.push_back({name, value});
      (item.grows ? metric.counter.value : metric.gauge.value) = item.read();
    }
  }
  std::vector<prometheus::MetricFamily> collected;
  collected.reserve(families.size());
  for (auto& [name, family] : families)
    collected.push_back(std::move(family));
  return prometheus::TextSerializer{}.Serialize(collected);
}

} // namespace troupe::transport
