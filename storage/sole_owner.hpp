// storage/sole_owner.hpp
//
// A log whose every shard belongs to one process.
#pragma once

#include "storage/membership.hpp"
#include "storage/sqlite_log.hpp"
#include "storage/sqlite_membership.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::storage {

using shard_terms = std::array<term_t, shard_count>;

/// Takes every shard for a node that has entered, whoever has them, and gives the terms.
/// Nothing when the store did not do it.
std::optional<shard_terms> take_every_shard(membership_store& store, const std::string& node,
                                            incarnation_t incarnation);

/// A log with a node of its own that owns every shard, for one that is alone in the directory.
///
/// Lifetime:  the destructor closes the log, then takes the node's row away.
/// Threading: `beat` on one thread; the log as it says.
class sole_owner {
public:
  struct started {
    std::unique_ptr<sole_owner> owner; ///< Null when the log could not be opened or is another node's …
    std::string failure;               ///< … with what is wrong and what to do.
  };

  static started start(sqlite_settings settings, node_row row);

  sole_owner(const sole_owner&) = delete;
  sole_owner& operator=(const sole_owner&) = delete;
  ~sole_owner();

  sqlite_log& log() noexcept { return *log_; }
  /// The term under which the room may be written.
  term_t term_of(std::string_view room) const noexcept { return terms_[shard_of(room)]; }
  bool beat() { return nodes_->beat(false); }

private:
  sole_owner() = default;

  std::unique_ptr<sqlite_membership> nodes_;
  std::unique_ptr<sqlite_log> log_;
  shard_terms terms_{};
};

} // namespace troupe::storage
