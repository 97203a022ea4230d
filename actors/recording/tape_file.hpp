// actors/recording/tape_file.hpp
#pragma once

#include <string>
#include <string_view>

namespace troupe::actors::recording {

/// First bytes of a tape; the last one is the version.
inline constexpr std::string_view tape_magic = "troupe tape\n1";

/// A payload with its length and checksum in front.
std::string framed(std::string_view payload);

} // namespace troupe::actors::recording
