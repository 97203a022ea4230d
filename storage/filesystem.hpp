// storage/filesystem.hpp
//
// Where a log may live, and what has to be synced so that it stays there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::storage {

/// Why a log must not lie on a file system with this `magic` (statfs) and this type
/// (mountinfo), for example "nfs"; nothing when it may. File locks and shared memory,
/// on which the write-ahead log rests, are not to be trusted over a network.
std::optional<std::string> refused_filesystem(long magic, std::string_view type);

/// Makes the directory when it is missing. Returns a sentence that says what is wrong
/// and what to do, or nothing.
std::optional<std::string> prepare_directory(const std::string& directory);

/// Syncs a file's or a directory's entry; false on an error.
bool sync_path(const std::string& path) noexcept;

} // namespace troupe::storage
