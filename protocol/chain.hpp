// protocol/chain.hpp
//
// The hash chain over a room's log (docs/protocol.md, "chain"): order and completeness
// can be proved from any ack onwards.
#pragma once

#include "protocol/messages.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::protocol {

using digest_bytes = std::array<std::uint8_t, 32>;
using salt_bytes = std::array<std::uint8_t, 16>;

/// SHA-256(room ‖ epoch), each with a 4-byte length in front: the chain before seq 1.
digest_bytes chain_start(std::string_view room, std::string_view epoch);

/// SHA-256(salt ‖ body): what stays of a body after redaction.
digest_bytes body_digest(const salt_bytes& salt, std::string_view body);

/// What one link of the chain covers.
struct chain_input {
  seq_t seq = 0;
  time_ms time = 0;
  std::string_view user;
  std::string_view cid;
  std::string_view kind;
  seq_t reply_to = 0; ///< 0 = absent
  seq_t target = 0;   ///< 0 = absent
  const digest_bytes& digest;
};

/// SHA-256(previous ‖ seq ‖ time ‖ user ‖ cid ‖ kind ‖ reply_to ‖ target ‖ digest):
/// integers as 8 bytes big-endian, strings after a 4-byte big-endian length.
digest_bytes chain_next(const digest_bytes& previous, const chain_input& input);

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

std::optional<digest_bytes> digest_from_hex(std::string_view text);
std::optional<salt_bytes> salt_from_hex(std::string_view text);

} // namespace troupe::protocol
