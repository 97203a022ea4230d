// storage/reserve_file.hpp
//
// Space set aside, so that a full disk can be left again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace troupe::storage {

/// A file of allocated blocks. It is given up when the disk is full, so that what was
/// committed can still be moved from the write-ahead log into the database; writes are
/// accepted again when it could be made anew. All processes that write one log share it, so
/// that none of them fills up what another one gave up.
///
/// Threading: one thread at a time.
/// Errors:    `hold` and `hold_again` return false; the rest cannot fail in a way that matters.
class reserve_file {
public:
  using clock = std::chrono::steady_clock;

  /// How often `hold_again` tries at most.
  static constexpr std::chrono::milliseconds retry_every{250};

  reserve_file(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

  /// Allocates the blocks unless they are there. True when they are; always true for a
  /// reserve of 0 bytes.
  bool hold();

  /// The same, but answers false without trying when it was tried just before.
  bool hold_again(clock::time_point now = clock::now());

  /// Nobody gave it up. Cheap; always true for a reserve of 0 bytes.
  bool held() const noexcept;

  /// Gives the space back to the file system.
  void release() noexcept;

private:
  std::string path_;
  std::uint64_t bytes_;
  clock::time_point next_try_{};
};

} // namespace troupe::storage
