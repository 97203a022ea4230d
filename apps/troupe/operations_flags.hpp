// apps/troupe/operations_flags.hpp
//
// What the commands that ask nodes over HTTP have in common.
#pragma once

#include "apps/troupe/chat/words.hpp"
#include "client/endpoint.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace troupe {

struct operations_flags {
  std::string url = "http://127.0.0.1:8080";
  bool json = false;

  client::endpoint node() const;
};

void add_operations_flags(CLI::App& command, operations_flags& flags);

/// Colours, when standard output is a terminal.
chat::palette output_colours();

/// What CLI11 shows when a room's name cannot be one; empty when it can.
std::string check_room(const std::string& room);

/// Runs `what`; says why it could not be done, and ends the program with exit code 1.
void or_say_why(const char* command, const std::function<void()>& what);

} // namespace troupe
