// apps/troupe/configuration.hpp
//
// The flags that set options, and what holds after default, file, environment and flags.
#pragma once

#include "config/load.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe {

/// What was given on the command line, and what was looked up for its sake.
struct configuration_flags {
  std::string file; ///< Empty: the defaults.
  /// Flag, option path, value; in the order given.
  struct setting {
    std::string flag;
    std::string path;
    std::string value;
  };
  std::vector<setting> settings;
  std::vector<setting> found; ///< Not given but looked up: these stand in for defaults.
};

/// Which flags that stand for one option each a command takes.
enum class option_flags : std::uint8_t {
  all,  ///< A node's: `--listen`, `--data` …
  data, ///< `--data` alone: the command looks at what is stored.
  none
};

/// Adds `--config FILE`, and the flags that stand for one option each. `into` must live as long as the program.
void add_configuration_flags(CLI::App& command, configuration_flags& into, option_flags which = option_flags::all);

/// The options as they hold, with `environment` between file and flags.
/// Errors: prints every problem on stderr and throws CLI::RuntimeError with exit code 1.
config::effective effective_configuration(const configuration_flags& given);

/// The same, without saying or throwing anything.
std::variant<config::effective, config::problems> read_configuration(const configuration_flags& given);

} // namespace troupe
