// apps/troupe/token_words.hpp
//
// How the commands below `troupe token` speak of times and of what went wrong.
#pragma once

#include "protocol/messages.hpp"

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace troupe {

/// Said on stderr before the program ends with exit code 1.
[[noreturn]] inline void fail_token(const std::string& why) {
  fmt::print(stderr, "troupe token: {}\n", why);
  throw CLI::RuntimeError(1);
}

inline protocol::time_ms wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

/// `2026-01-31T12:00:00Z`
inline std::string shown_time(protocol::time_ms when) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(when / 1'000)));
}

} // namespace troupe
