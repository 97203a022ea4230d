// storage/verify.hpp
//
// Whether a room's log is what its acks promised.
#pragma once

#include "storage/message_log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::storage {

/// The first thing that is not as it should be.
struct log_fault {
  seq_t seq = 0;    ///< Where; 0 when it is not about one message.
  std::string what; ///< In one sentence.
};

struct verify_report {
  std::string failure;     ///< Why nothing could be checked; empty when it could.
  bool found = false;      ///< There is such a room.
  std::string epoch;       ///< As clients see it.
  std::string chain_epoch; ///< The one the chain began with; another one after a restore.
  seq_t min = 1;
  seq_t head = 0;
  digest_bytes chain{};       ///< As recomputed at the last message that was checked.
  std::uint64_t messages = 0; ///< Checked, up to the fault.
  std::uint64_t redacted = 0; ///< Of them: only the digest is left, so only the chain was checked.
  std::uint64_t cids = 0;     ///< Rows of the memory of cids that were checked.
  std::optional<log_fault> fault;
};

/// Walks a room's log from its anchor to its head: dense seqs, time and term that never go
/// back, every digest whose body is there, every value of the chain, a delete for every
/// erased body, and the memory of cids against the messages. Reads one state; the server
/// may run meanwhile, but its write-ahead log grows until the walk is done.
verify_report verify(const std::string& directory, const std::string& room);

struct room_summary {
  std::string room;
  std::string epoch;
  seq_t min = 1;
  seq_t head = 0;
  std::uint64_t members = 0;
};

struct room_list {
  std::string failure; ///< Empty when all went well.
  std::vector<room_summary> rooms;
};

/// The rooms of a log, by name.
room_list list_rooms(const std::string& directory);

} // namespace troupe::storage
