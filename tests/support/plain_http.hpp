// tests/support/plain_http.hpp
//
// One HTTP request on a connection of its own, and raw bytes for what no library sends.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

struct http_answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers; ///< Names in lower case.
  std::string body;
};

/// Nothing when there was no answer.
std::optional<http_answer> http_get(unsigned short port, const std::string& target);
std::optional<http_answer> http_post(unsigned short port, const std::string& target, const std::string& body,
                                     const std::string& content_type = "application/json");
std::optional<http_answer> http_request(unsigned short port, const std::string& method, const std::string& target,
                                        const std::string& body = {},
                                        const std::vector<std::pair<std::string, std::string>>& headers = {});

/// Sends bytes as they are and reads until the other side closes or `within` is over.
std::string raw_exchange(unsigned short port, const std::string& bytes,
                         std::chrono::milliseconds within = std::chrono::seconds{10});

} // namespace troupe::tests
