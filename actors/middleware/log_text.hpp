// actors/middleware/log_text.hpp
#pragma once

#include "protocol/messages.hpp"

#include <string>
#include <string_view>

namespace troupe::actors {

/// Adds `text` so that it stays on its line and shows as it is: what would end or hide a line (control characters, line
/// and paragraph separators, marks that turn the direction of writing, bytes that are no UTF-8) comes out as \u00XX,
/// quotes and backslashes behind a backslash. The result may stand between the quotes of a JSON string.
void append_escaped(std::string& to, std::string_view text);

/// `text` as it is, or in quotes when it would not stand alone: empty, or with a space, `=`, or something to escape.
void append_word(std::string& to, std::string_view text);

/// 2026-11-23T12:08:57.123Z
void append_time(std::string& to, protocol::time_ms time);

} // namespace troupe::actors
