// config/checks.hpp
//
// What a single value may be, and which values must agree. Knows nothing of files: the loader adds the place.
#pragma once

#include "config/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// The least and the most that a number may be, both allowed.
struct bounds {
  std::string_view path; ///< `table.key`; `rooms.key` for those of a policy.
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// The bounds of a number. Every number of options.hpp has some; a test keeps it so.
std::optional<bounds> bounds_of(std::string_view path) noexcept;

/// Why the value cannot stand, or nothing.
std::optional<std::string> check_text(std::string_view path, const std::string& value);
std::optional<std::string> check_list(std::string_view path, const std::vector<std::string>& value);
std::optional<std::string> check_choice(protocol::durability value);
std::optional<std::string> check_choice(protocol::role value);

/// Most `[[auth.keys]]` of one configuration.
inline constexpr std::size_t auth_keys_max = 64;

/// Why this source of keys cannot stand, to follow its name: it needs an algorithm, exactly one source that fits it, and
/// a name unless it is a document. Looks into no file.
std::optional<std::string> check_key(const auth_key& key);

/// Values that are fine alone but not together.
struct disagreement {
  std::string path;  ///< The one to change.
  std::string other; ///< The one it has to agree with.
  std::string message;
};
std::vector<disagreement> check_together(const options& values);

/// A numeric IP address and a port.
struct endpoint {
  std::string address; ///< Without brackets.
  std::uint16_t port = 0;
  bool loopback = false;
};

/// Reads `127.0.0.1:8080` and `[::1]:8080`; port 0 lets the system choose. Names are not resolved.
std::optional<endpoint> parse_endpoint(std::string_view text);

/// What a node should say when it starts with these values, one sentence each.
std::vector<std::string> start_up_warnings(const options& values);

} // namespace troupe::config
