// transport/metrics.hpp
//
// Counters of every folder in Prometheus text, read when somebody asks.
#pragma once

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::transport {

/// Walks described structs of relaxed atomics at scrape time, so that counting costs nothing extra.
///
/// Naming:    a field `f` added with prefix `troupe_socket` becomes `troupe_socket_f`. Unsigned atomics are
///            counters and get `_total`; signed ones are gauges.
/// Threading: every function from anywhere.
/// Lifetime:  what is added by reference must outlive this; a shared pointer is kept.
class metrics {
public:
  using labels = std::vector<std::pair<std::string, std::string>>;

  template <class S>
  void add(std::string_view prefix, const S& fields, const labels& with = {}) {
    using members = boost::describe::describe_members<S, boost::describe::mod_public>;
    boost::mp11::mp_for_each<members>(
      [&](auto member) { add_field(prefix, member.name, fields.*member.pointer, with); });
  }

  template <class S>
  void add(std::string_view prefix, std::shared_ptr<const S> fields, const labels& with = {}) {
    add(prefix, *fields, with);
    keep(std::move(fields));
  }

  /// A value that is computed when somebody asks; `read` is called on the asker's thread.
  void add_gauge(std::string name, std::function<double()> read, const labels& with = {});
  void add_counter(std::string name, std::function<double()> read, const labels& with = {});

  /// The text exposition format.
  std::string text() const;

private:
  struct series {
    std::string name;
    bool grows;
    std::function<double()> read;
    labels with;
  };

  template <std::integral T>
  void add_field(std::string_view prefix, const char* name, const std::atomic<T>& value, const labels& with) {
    auto full = std::string{prefix} + '_' + name;
    auto read = [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
    if constexpr (std::is_unsigned_v<T>)
      add_counter(std::move(full) + "_total", std::move(read), with);
    else
      add_gauge(std::move(full), std::move(read), with);
  }

  void keep(std::shared_ptr<const void> owner);

  mutable std::mutex mutex_;
  std::vector<series> series_;
  std::vector<std::shared_ptr<const void>> kept_;
};

} // namespace troupe::transport
