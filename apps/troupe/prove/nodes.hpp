// apps/troupe/prove/nodes.hpp
//
// The operator's own nodes, as they stand in the shared directory.
#pragma once

#include "apps/troupe/prove/fault_plan.hpp"
#include "client/endpoint.hpp"
#include "storage/sqlite_membership.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::prove {

/// Nodes of one directory on this machine, and the signals that are sent to them.
///
/// A signal reaches the very process that the store names, checked against its start time; no other process is
/// touched. Processes that were stopped here are continued by the destructor.
///
/// Threading: one thread.
class nodes {
public:
  /// `spared` are names that no fault may hit; nor may one hit a node that nobody starts again, also one that comes
  /// later, unless `ends_for_good`. Throws std::runtime_error with what is wrong and what to do.
  nodes(const std::string& directory, std::vector<std::string> spared, bool ends_for_good);
  ~nodes();
  nodes(const nodes&) = delete;
  nodes& operator=(const nodes&) = delete;

  /// Reads the store. False when it could not be read: then what was seen before stands.
  bool look();

  /// Those that live, by name. One serves when it says so itself and was not stopped here.
  std::vector<candidate> candidates() const;
  std::size_t serving() const;
  /// Tells two starts of a node apart; 0 while it does not serve.
  storage::incarnation_t incarnation_of(const std::string& name) const;
  std::vector<client::endpoint> endpoints() const;
  /// Of a room's shard; empty when nobody owns it.
  std::string owner_of(const std::string& room) const;
  /// Who owns what, to be compared with another look.
  const std::vector<storage::shard_row>& owners() const { return seen_.shards; }

  pid_t pid_of(const std::string& name) const;
  /// Its parent is a `troupe cluster`, which starts it again.
  bool is_supervised(const std::string& name) const;

  /// False when the process is gone, or may not be touched; signal 0 only asks.
  bool send(const std::string& name, int signal);
  /// SIGCONT to all that were stopped here and still exist.
  void go_on();

private:
  struct member {
    storage::node_row row;
    storage::process_identity process;
    bool serves = false;
  };
  const member* find(const std::string& name) const;

  storage::process_identity self_;
  std::vector<std::string> spared_;
  bool ends_for_good_;
  std::unique_ptr<storage::sqlite_membership> store_;
  storage::cluster_seen seen_;
  std::vector<member> members_;
  std::vector<storage::process_identity> stopped_;
};

} // namespace troupe::prove
