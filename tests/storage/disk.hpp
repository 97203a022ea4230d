// A disk that fails when a test says so. disk.cpp stands in front of the C library's calls,
// for SQLite's and for ours.
#pragma once

#include <atomic>
#include <cstdint>

namespace troupe::storage::testing::disk {

inline std::atomic<bool> no_space{false};     ///< Writes and allocations answer ENOSPC.
inline std::atomic<bool> no_reserve{false};   ///< Allocations alone answer ENOSPC.
inline std::atomic<bool> broken_sync{false};  ///< fsync and fdatasync answer EIO.
inline std::atomic<bool> broken_write{false}; ///< Writes answer EIO.
inline std::atomic<bool> broken_read{false};  ///< Reads answer EIO.
inline std::atomic<std::uint64_t> syncs{0};   ///< How many succeeded.

/// Makes the disk well again at the end of a test, however it ends.
struct repaired_at_end {
  ~repaired_at_end() {
    no_space = false;
    no_reserve = false;
    broken_sync = false;
    broken_write = false;
    broken_read = false;
  }
};

} // namespace troupe::storage::testing::disk
