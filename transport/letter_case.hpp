// transport/letter_case.hpp
//
// Letters of ASCII, in which HTTP compares names without regard to their case (RFC 9110, 5.1).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe::transport {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

inline std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

/// The same but for the case of letters.
inline bool same(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

} // namespace troupe::transport
