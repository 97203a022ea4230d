// transport/request_target.hpp
//
// What a request asks for, read from its first line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::transport {

struct request_target {
  std::string path;  ///< Percent-decoded.
  std::string query; ///< As it came, without `?`.
};

/// Reads the origin form (`/path?query`). Nothing for every other form, for broken percent encoding
/// and for control characters, encoded or not.
std::optional<request_target> parse_target(std::string_view target);

} // namespace troupe::transport
