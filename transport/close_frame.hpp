// transport/close_frame.hpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::transport {

/// Most bytes of a reason: what a control frame leaves beside the code.
inline constexpr std::size_t close_reason_bytes_max = 123;

/// An unmasked close frame; a reason that is too long is cut between two characters.
std::string make_close_frame(std::uint16_t code, std::string_view reason);

} // namespace troupe::transport
