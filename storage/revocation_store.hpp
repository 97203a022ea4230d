// storage/revocation_store.hpp
//
// Which tokens were taken back, for all nodes of a store.
#pragma once

#include "identity/revocation.hpp"
#include "storage/message_log.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::storage {

/// What a node asks for again and again, so that a revocation holds everywhere soon after it was written anywhere.
///
/// Ordering:  each `put` that changes something has a version of its own, above all before it.
/// Delivery:  when `put` says `stored`, the revocation outlives the process and the machine's power.
/// Threading: one thread at a time. `put` may block for a commit and up to ten seconds for a lock; `since` waits for none.
/// Clock:     wall clock, because tokens are judged by it; it comes with the call.
class revocation_store {
public:
  virtual ~revocation_store() = default;

  enum class outcome : std::uint8_t {
    stored,
    full,   ///< As many as the store may have hold already; nothing was changed.
    failed, ///< Perhaps stored, perhaps not: do it again.
  };

  /// Stores it, or sharpens the one of the same name: the later `before` and `keep_until` hold. Takes those away that may
  /// be forgotten.
  virtual outcome put(const identity::revocation& what, time_ms now) = 0;

  struct changes {
    std::vector<identity::revocation> entries; ///< Those that still have to be kept.
    std::uint64_t version = 0;                 ///< To be asked with the next time.
  };

  /// What was put after that version; 0 gives everything. Nothing when it cannot be read now.
  virtual std::optional<changes> since(std::uint64_t version, time_ms now) = 0;
};

} // namespace troupe::storage
