// checker/history.hpp
//
// What one recorder's file holds, in the order in which it was appended. That order is
// the order of time: an event that stands before a `send` was seen before it was invoked.
#pragma once

#include "checker/event.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::checker {

struct history {
  /// A line that could not be read.
  struct bad_line {
    std::size_t line = 0; ///< From 1.
    std::string why;
  };

  std::vector<event> events;      ///< events[n] is line n + 1 when no line was bad.
  std::vector<std::size_t> lines; ///< Line of each event; empty when they count from 1 without a hole.
  std::vector<bad_line> unreadable;

  std::size_t line_of(std::size_t index) const { return lines.empty() ? index + 1 : lines[index]; }
};

/// Reads JSON lines to the end. Empty lines are skipped; what cannot be read is kept in `unreadable`.
history read_history(std::istream& in);

/// The same from a file. Throws std::system_error when it cannot be opened.
history read_history(const std::filesystem::path& file);

} // namespace troupe::checker
