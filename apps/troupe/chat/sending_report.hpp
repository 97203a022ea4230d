// apps/troupe/chat/sending_report.hpp
//
// What became of what was typed, for the exit code and a last word on stderr.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::chat {

struct sending_report {
  std::size_t unsent = 0;         ///< Messages that no node was given.
  std::size_t unacknowledged = 0; ///< A node was given them and did not answer: they may be stored.
  std::size_t refused = 0;        ///< Messages and commands.
  std::size_t not_understood = 0; ///< Lines that are no command.
  std::string refused_because;    ///< Of the last one.
  std::string offline_because;    ///< Empty while online.
  std::string ended_because;      ///< The server does not want this client back; else empty.
  bool was_online = false;
};

/// A sentence for each thing that was not done; empty when all was.
///
/// A person at a terminal has seen which lines were not understood, and that there was no connection; a script
/// (`interactive` is false) has not.
std::vector<std::string> complaints(const sending_report& what, bool interactive);

} // namespace troupe::chat
