#include "apps/troupe/prove/final_history.hpp"

#include "checker/observed.hpp"
#include "protocol/limits.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

namespace troupe::prove {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using checker::seq_t;

constexpr std::chrono::seconds answer_within{5};
constexpr std::chrono::seconds read_within{30};

/// The body of the answer, if it is one.
std::optional<std::string> get(const client::endpoint& from, const std::string& target) {
  asio::io_context io;
  beast::tcp_stream stream{io};
  beast::flat_buffer buffer;
  http::request<http::empty_body> request{http::verb::get, target, 11};
  http::response<http::string_body> response;
  std::optional<std::string> body;
  request.set(http::field::host, from.host);
  request.set(http::field::connection, "close");
  stream.expires_after(answer_within);
  beast::error_code failed;
  const auto found = asio::ip::tcp::resolver{io}.resolve(from.host, from.port, failed);
  if (failed)
    return std::nullopt;
  stream.async_connect(found, [&](beast::error_code refused, const auto&) {
    if (refused)
      return;
    http::async_write(stream, request, [&](beast::error_code unsent, std::size_t) {
      if (unsent)
        return;
      http::async_read(stream, buffer, response, [&](beast::error_code unread, std::size_t) {
        if (!unread && response.result() == http::status::ok)
          body = std::move(response.body());
      });
    });
  });
  io.run();
  return body;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '/' || c == ':' || c == '@' ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  return out;
}

} // namespace

void record_final_history(checker::recorder& into, const std::string& room, const std::string& user,
                          const std::function<std::vector<client::endpoint>()>& nodes) {
  std::size_t turn = 0;
  const auto page_of = [&](const std::string& which) {
    const auto target = fmt::format("/api/v1/rooms/{}/messages?user={}&raw=true&{}", encoded(room), user, which);
    const auto until = std::chrono::steady_clock::now() + read_within;
    while (std::chrono::steady_clock::now() < until) {
      if (const auto asked = nodes(); !asked.empty())
        if (const auto body = get(asked[turn % asked.size()], target)) {
          auto read = protocol::decode_server_json(*body);
          if (auto* push = std::get_if<protocol::push>(&read))
            if (auto* page = std::get_if<protocol::server::page>(push))
              return std::move(*page);
        }
      ++turn;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    throw std::runtime_error("no node gave the log of " + room);
  };
  // The newest page tells the head independently of the reading, which may go beyond it.
  const auto newest = page_of("limit=1");
  const auto head = newest.messages.empty() ? 0 : newest.messages.back().seq;
  std::optional<checker::final_history> history;
  for (seq_t after = 0;;) {
    const auto page = page_of(fmt::format("after={}&limit={}", after, protocol::limits::page_messages_max));
    if (!history)
      history.emplace(into, room, page.epoch, page.min, head, page.prev);
    for (const auto& raw : page.messages)
      history->row(raw);
    if (!page.more || page.messages.empty())
      return;
    after = page.messages.back().seq;
  }
}

} // namespace troupe::prove
