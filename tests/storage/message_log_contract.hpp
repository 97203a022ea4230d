// The backends every scenario of the contract runs against. A new backend is one more
// entry of `backends()`.
#pragma once

#include "storage/message_log.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::storage::testing {

/// A log of its own, with what the test needs to know about it.
class backend {
public:
  virtual ~backend() = default;
  virtual message_log& log() = 0;
  virtual term_t term_of(const std::string& room) = 0;
  /// Somebody else takes the room's shard over; the term from before is fenced.
  virtual void take_over(const std::string& room) = 0;
  /// Rooms outlive `release`.
  virtual bool durable() const = 0;
};

struct backend_kind {
  std::string name;
  std::function<std::unique_ptr<backend>()> make;
};

const std::vector<backend_kind>& backends();

/// Runs the test case once a backend; `store` is a fresh one each time.
#define TROUPE_EACH_BACKEND(store)                                                                                     \
  const auto troupe_backend = GENERATE(range(std::size_t{0}, troupe::storage::testing::backends().size()));            \
  INFO("backend: " << troupe::storage::testing::backends()[troupe_backend].name);                                      \
  const auto store = troupe::storage::testing::backends()[troupe_backend].make()

} // namespace troupe::storage::testing
