#include "actors/api_forms.hpp"

#include "actors/sequencer.hpp"
#include "protocol/codec.hpp"

#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

unsigned status_of(code what) {
  switch (what) {
  case code::bad_request: return 400;
  case code::unauthorized: return 401;
  case code::forbidden: return 403;
  case code::not_found: return 404;
  case code::conflict: return 409;
  case code::too_large: return 413;
  case code::rate_limited: return 429;
  case code::overloaded:
  case code::not_owner:
  case code::store_unavailable: return 503;
  case code::timeout: return 504;
  case code::storage_full: return 507;
  case code::internal: break;
  }
  return 500;
}

} // namespace

api_response failure(const protocol::server::error& why) {
  std::string frame;
  protocol::encode_json(frame, why);
  api_response response;
  response.status = status_of(why.code);
  response.body = "{\"error\":" + frame + "}";
  if (why.retry != retry::never)
    response.retry_after_s = why.after_ms ? (*why.after_ms + 999) / 1'000 : 1;
  return response;
}

api_response failure(code what, std::string message, retry next) {
  return failure(refusal(what, std::move(message), next));
}

api_response wrong_method(std::string message) {
  auto refused = failure(code::bad_request, std::move(message));
  refused.status = 405;
  return refused;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos)
      return percent_decoded(pair.substr(equals + 1));
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return std::nullopt;
}

} // namespace troupe::actors
