// client/printable.hpp
//
// Words of strangers, made safe for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::client {

/// Nothing that moves the cursor, changes colours or turns the direction of text comes through:
/// control characters become their visible pictures (␛), bytes that are no UTF-8, bidirectional
/// controls, invisible and private characters become U+FFFD, line breaks become ` ⏎ `, and of a
/// run of combining marks `marks_max` are kept.
std::string printable(std::string_view text, std::size_t marks_max = 8);

/// How many columns of a terminal the text takes, roughly: wide East Asian characters and emoji two,
/// combining marks none.
std::size_t columns(std::string_view printable_text);

} // namespace troupe::client
