#include "apps/troupe/operations/http_call.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <optional>

namespace troupe::operations {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::uint64_t answer_bytes_max = 16 * 1024 * 1024;

/// Asynchronous, because only so a frozen node ends the call and not the patience of a person.
class call {
public:
  call(const client::endpoint& where, http::request<http::string_body> request, std::chrono::milliseconds within)
    : request_(std::move(request)) {
    answer_.body_limit(answer_bytes_max);
    stream_.expires_after(within);
    stream_.async_connect(net::ip::tcp::resolver{io_}.resolve(where.host, where.port),
                          [this](beast::error_code failed, const auto&) { connected(failed); });
    io_.run();
  }

  const beast::error_code& failure() const { return failed_; }
  http_reply reply() const { return {answer_.get().result_int(), answer_.get().body()}; }

private:
  void connected(beast::error_code failed) {
    if ((failed_ = failed))
      return;
    http::async_write(stream_, request_, [this](beast::error_code why, std::size_t) {
      if ((failed_ = why))
        return;
      http::async_read(stream_, buffer_, answer_, [this](beast::error_code end, std::size_t) { failed_ = end; });
    });
  }

  net::io_context io_;
  beast::tcp_stream stream_{io_};
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> answer_;
  beast::error_code failed_;
};

std::string reason_in(const http_reply& reply) {
  boost::json::error_code unreadable;
  const auto parsed = boost::json::parse(reply.body, unreadable);
  const auto* object = unreadable ? nullptr : parsed.if_object();
  const auto* error = object ? object->if_contains("error") : nullptr;
  const auto* fields = error ? error->if_object() : nullptr;
  const auto* message = fields ? fields->if_contains("message") : nullptr;
  return message && message->is_string() ? std::string{message->get_string()}
                                         : fmt::format("it answered with status {}", reply.status);
}

} // namespace

std::string shown(const client::endpoint& where) {
  const bool v6 = where.host.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", v6 ? '[' + where.host + ']' : where.host, where.port);
}

http_reply http_call(const client::endpoint& where, std::string_view method, const std::string& target,
                     const std::string& body, std::chrono::milliseconds within) {
  http::request<http::string_body> request{http::string_to_verb({method.data(), method.size()}), target, 11};
  request.set(http::field::host, where.host + ":" + where.port);
  request.set(http::field::connection, "close");
  if (!body.empty())
    request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  try {
    call made{where, std::move(request), within};
    if (!made.failure())
      return made.reply();
    throw trouble{fmt::format("no answer from {} ({}): is a node running there? Name another one with --url",
                              shown(where), made.failure().message())};
  } catch (const boost::system::system_error& why) {
    throw trouble{fmt::format("cannot reach {} ({}): name a node with --url", shown(where), why.code().message())};
  }
}

std::string good_answer(const client::endpoint& where, std::string_view method, const std::string& target,
                        const std::string& body) {
  auto reply = http_call(where, method, target, body);
  if (reply.status != 200)
    throw trouble{fmt::format("{}: {}", shown(where), reason_in(reply))};
  return std::move(reply.body);
}

client::endpoint endpoint_of(const std::string& address, const client::endpoint& asked) {
  auto where = client::parse_url("http://" + address).value_or(asked);
  if (where.host == "0.0.0.0" || where.host == "::")
    where.host = asked.host;
  return where;
}

} // namespace troupe::operations
