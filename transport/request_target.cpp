#include "transport/request_target.hpp"

#include <algorithm>

namespace troupe::transport {

namespace {

int hex(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

} // namespace

std::optional<request_target> parse_target(std::string_view target) {
  if (!target.starts_with('/') || std::any_of(target.begin(), target.end(), control))
    return std::nullopt;
  request_target result;
  const auto end = std::min(target.find('?'), target.size());
  if (end < target.size())
    result.query = target.substr(end + 1);
  const auto path = target.substr(0, end);
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto c = path[i];
    if (c == '%') {
      const auto high = i + 2 < path.size() ? hex(path[i + 1]) : -1;
      const auto low = i + 2 < path.size() ? hex(path[i + 2]) : -1;
      if (high < 0 || low < 0)
        return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      if (control(c))
        return std::nullopt;
      i += 2;
    }
    result.path.push_back(c);
  }
  return result;
}

} // namespace troupe::transport
