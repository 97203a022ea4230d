// storage/backup.hpp
//
// A log as one file, and back.
#pragma once

#include <cstdint>
#include <string>

namespace troupe::storage {

struct backup_result {
  std::string failure; ///< What is wrong and what to do; empty when all went well.
  std::uint64_t rooms = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0; ///< Of the file.
};

/// Copies the log of `directory` into the new file `file`, as it is at one moment; what
/// was erased is not in it. The server may run meanwhile and goes on committing, but its
/// write-ahead log grows until the copy is done. The file appears whole or not at all.
backup_result backup(const std::string& directory, const std::string& file);

/// Makes the log of `directory`, which must not have one nor a node that runs, from a backup. Every room gets
/// a new epoch, because what was said after the backup is lost: clients are told so
/// instead of being left with a hole. Chain values are kept (docs/adr/0010-restore-keeps-the-chain.md).
backup_result restore(const std::string& file, const std::string& directory);

} // namespace troupe::storage
