// The backends every scenario of the membership's contract runs against. A new backend is one
// more entry of `cluster_backends()`.
#pragma once

#include "storage/membership.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::storage::testing {

/// A store of a cluster's own.
class cluster_backend {
public:
  virtual ~cluster_backend() = default;
  /// A connection to it, as one more node has.
  virtual std::unique_ptr<membership_store> connect() = 0;
  /// A node that entered and has died, as everybody may know by now.
  virtual node_row dead_node(const std::string& name) = 0;
};

struct cluster_backend_kind {
  std::string name;
  std::function<std::unique_ptr<cluster_backend>()> make;
};

const std::vector<cluster_backend_kind>& cluster_backends();

/// Runs the test case once a backend; `store` is a fresh one each time.
#define TROUPE_EACH_CLUSTER_BACKEND(store)                                                                             \
  const auto troupe_backend = GENERATE(range(std::size_t{0}, troupe::storage::testing::cluster_backends().size()));    \
  INFO("backend: " << troupe::storage::testing::cluster_backends()[troupe_backend].name);                              \
  const auto store = troupe::storage::testing::cluster_backends()[troupe_backend].make()

} // namespace troupe::storage::testing
