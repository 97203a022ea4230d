#include "tests/support/plain_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace troupe::tests {
namespace {

/// A blocking socket to the loopback; -1 when nobody listens.
int connected(unsigned short port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (socket >= 0 && ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return socket;
  if (socket >= 0)
    ::close(socket);
  return -1;
}

std::optional<http_answer> parsed(const std::string& text) {
  http_answer answer;
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos || !text.starts_with("HTTP/1.1 "))
    return std::nullopt;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  for (auto at = text.find("\r\n") + 2; at < head_end;) {
    const auto end = text.find("\r\n", at);
    const auto line = text.substr(at, end - at);
    const auto colon = line.find(':');
    auto name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (colon != std::string::npos)
      answer.headers[name] = line.substr(std::min(line.size(), line.find_first_not_of(' ', colon + 1)));
    at = end + 2;
  }
  answer.body = text.substr(head_end + 4);
  if (answer.headers["transfer-encoding"] == "chunked") {
    std::string joined;
    std::string_view rest{answer.body};
    for (;;) {
      std::size_t size = 0;
      const auto line = rest.find("\r\n");
      if (line == std::string_view::npos)
        break;
      std::from_chars(rest.data(), rest.data() + line, size, 16);
      if (size == 0 || rest.size() < line + 2 + size)
        break;
      joined += rest.substr(line + 2, size);
      rest.remove_prefix(std::min(rest.size(), line + 2 + size + 2));
    }
    answer.body = joined;
  }
  return answer;
}

} // namespace

std::string raw_exchange(unsigned short port, const std::string& bytes, std::chrono::milliseconds within) {
  const int socket = connected(port);
  if (socket < 0)
    return {};
  std::string heard;
  if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    const auto until = std::chrono::steady_clock::now() + within;
    char buffer[16 * 1024];
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd wait{socket, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0)
        break;
      const auto got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0)
        break;
      heard.append(buffer, static_cast<std::size_t>(got));
    }
  }
  ::close(socket);
  return heard;
}

std::optional<http_answer> http_request(unsigned short port, const std::string& method, const std::string& target,
                                        const std::string& body,
                                        const std::vector<std::pair<std::string, std::string>>& headers) {
  auto text =
    method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers)
    text += name + ": " + value + "\r\n";
  if (!body.empty())
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return parsed(raw_exchange(port, text + "\r\n" + body));
}

std::optional<http_answer> http_get(unsigned short port, const std::string& target) {
  return http_request(port, "GET", target);
}

std::optional<http_answer> http_post(unsigned short port, const std::string& target, const std::string& body,
                                     const std::string& content_type) {
  return http_request(port, "POST", target, body, {{"Content-Type", content_type}});
}

} // namespace troupe::tests
