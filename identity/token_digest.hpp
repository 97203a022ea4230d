// identity/token_digest.hpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace troupe::identity {

/// SHA-256 over a salt and a token: what is remembered of a token instead of itself. The salt is random for each process,
/// so that nobody can make tokens that share a place in a table.
using token_digest = std::array<std::uint8_t, 32>;
using digest_salt = std::array<std::uint8_t, 32>;

/// May be called from any thread.
token_digest digest_of(std::string_view token, const digest_salt& salt);

/// The first bits, which are as good as random.
inline std::uint64_t place_of(const token_digest& of) noexcept {
  std::uint64_t place = 0;
  std::memcpy(&place, of.data(), sizeof place);
  return place;
}

} // namespace troupe::identity
