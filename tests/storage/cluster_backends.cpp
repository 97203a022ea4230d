#include "storage/sqlite_membership.hpp"
#include "tests/storage/directory.hpp"
#include "tests/storage/member_process.hpp"
#include "tests/storage/membership_contract.hpp"

#include <stdexcept>

namespace troupe::storage::testing {

namespace {

class sqlite_cluster final : public cluster_backend {
public:
  std::unique_ptr<membership_store> connect() override {
    auto opened = sqlite_membership::open({.directory = where_.path()});
    if (!opened.store)
      throw std::runtime_error(opened.failure);
    return std::move(opened.store);
  }

  node_row dead_node(const std::string& name) override {
    member_process process{where_.path(), name};
    const auto line = process.answers(); // "entered 7"
    process.kill();
    const auto seen = connect()->look().value();
    for (const auto& node : seen.nodes)
      if (node.row.node == name)
        return node.row;
    throw std::runtime_error("the node did not enter: " + line);
  }

private:
  directory where_;
};

} // namespace

const std::vector<cluster_backend_kind>& cluster_backends() {
  static const std::vector<cluster_backend_kind> all{
    {"sqlite", [] { return std::make_unique<sqlite_cluster>(); }},
  };
  return all;
}

} // namespace troupe::storage::testing
