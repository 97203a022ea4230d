#include "transport/authority.hpp"

#include "transport/letter_case.hpp"

#include <algorithm>
#include <utility>

namespace troupe::transport {

std::optional<authority> parse_authority(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  authority result;
  const auto lower_case = lowered(text);
  std::string_view rest{lower_case};
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    const auto inner = rest.substr(1, end - 1);
    if (inner.empty() || inner.find_first_not_of("0123456789abcdef:.") != std::string_view::npos)
      return std::nullopt;
    result.host = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
  } else {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto host = rest.substr(0, end);
    if (host.empty() || !std::all_of(host.begin(), host.end(), allowed))
      return std::nullopt;
    result.host = host;
    rest.remove_prefix(end);
  }
  if (rest.empty())
    return result;
  rest.remove_prefix(1);
  if (lower_case[lower_case.size() - rest.size() - 1] != ':' || rest.empty() || rest.size() > 5 ||
      rest.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  result.port = rest;
  return result;
}

std::optional<web_origin> parse_origin(std::string_view text) {
  web_origin result;
  constexpr std::string_view plain = "http://", secure = "https://";
  if (same(text.substr(0, secure.size()), secure)) {
    result.secure = true;
    text.remove_prefix(secure.size());
  } else if (same(text.substr(0, plain.size()), plain)) {
    text.remove_prefix(plain.size());
  } else {
    return std::nullopt;
  }
  auto where = parse_authority(text);
  if (!where)
    return std::nullopt;
  result.where = *std::move(where);
  return result;
}

} // namespace troupe::transport
