// config/load.hpp
//
// From a file, the environment and the command line to one set of options, or to the list of all that is wrong.
#pragma once

#include "config/options.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::config {

/// Something that cannot stand, and where it was written.
struct problem {
  std::string file;         ///< The file, the environment variable or the flag.
  std::uint32_t line = 0;   ///< 0 when it is not a file.
  std::uint32_t column = 0; ///< 0 when it is not a file.
  std::string message;
};

/// `file:line:column: message`, as compilers write it.
std::string to_string(const problem& what);

/// Where a value was set.
struct place {
  enum class kind : std::uint8_t { file, environment, flag };
  kind from = kind::file;
  std::string name; ///< The file, the variable or the flag.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// The options as they hold, and where each that is not a default was set: by `table.key`, or `rooms[0].key`.
struct effective {
  options values;
  std::map<std::string, place, std::less<>> places;
};

/// One or more problems, in the order of the text.
using problems = std::vector<problem>;

/// Puts options together: what is added later wins. Every problem is collected, not only the first.
///
/// A file's `[[rooms]]` replace the default policy. When no pattern among them takes every name, the default
/// policy follows them. `rooms.<key>`, in the environment and in flags, is that of the policy for every name.
///
/// Threading: one thread.
/// Errors:    values only; they arrive in `finish`.
class layers {
public:
  void add_file(const std::filesystem::path& file);
  void add_text(std::string_view name, std::string_view toml);

  /// `NAME=value`, as in `environ`. A name is TROUPE_<TABLE>_<KEY> in upper case, the elements of a list
  /// are separated by commas. A name that begins like a table but names no option of it is a problem.
  void add_environment(const std::vector<std::string>& variables);

  /// A value given on the command line; `path` is `table.key`.
  void add_flag(std::string_view flag, std::string_view path, std::string_view value);

  std::variant<effective, problems> finish() &&;

private:
  void set_by_name(std::string_view path, std::string_view value, place where);

  effective result_;
  problems problems_;
};

/// A file alone, without the environment.
std::variant<options, problems> load(const std::filesystem::path& file);

/// The variables of this process.
std::vector<std::string> process_environment();

/// The environment variable of an option: `listen.address` gives TROUPE_LISTEN_ADDRESS.
std::string variable_name(std::string_view path);

} // namespace troupe::config
