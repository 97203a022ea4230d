#include "transport/fetch.hpp"

#include "transport/asio.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <optional>
#include <stdexcept>

namespace troupe::transport {

namespace {

namespace ssl = boost::asio::ssl;

constexpr std::uint32_t header_bytes_max = 16 * 1024;

/// Ends a fetch; what it says follows the URL.
struct unfit : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string host_field(const config::web_address& of) {
  const auto host = of.host.find(':') == std::string::npos ? of.host : '[' + of.host + ']';
  return of.port == (of.tls ? 443 : 80) ? host : host + ':' + std::to_string(of.port);
}

template <class Stream>
net::awaitable<std::string> ask(Stream& stream, const config::web_address& where, const fetch_settings& how) {
  http::request<http::empty_body> request{http::verb::get, where.target, 11};
  request.set(http::field::host, host_field(where));
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "troupe");
  request.keep_alive(false);
  co_await http::async_write(stream, request, net::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.header_limit(header_bytes_max);
  answer.body_limit(how.body_bytes_max);
  co_await http::async_read(stream, buffer, answer, net::use_awaitable);
  const auto status = answer.get().result_int();
  if (status != 200)
    throw unfit{"answered " + std::to_string(status) +
                (status >= 300 && status < 400 ? ": redirects are not followed, name the last address" : "")};
  co_return std::move(answer.get().body());
}

net::awaitable<void> connect(tcp_socket& socket, const config::web_address& where) {
  tcp::resolver resolver{socket.get_executor()};
  const auto found = co_await resolver.async_resolve(where.host, std::to_string(where.port), net::use_awaitable);
  for (const auto& one : found) {
    if (!where.tls && !one.endpoint().address().is_loopback())
      throw unfit{"is no loopback address: without TLS it could be anybody's answer"};
  }
  co_await net::async_connect(socket, found, net::use_awaitable);
}

ssl::context trusted(const fetch_settings& how) {
  ssl::context context{ssl::context::tls_client};
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context.set_verify_mode(ssl::verify_peer);
  if (how.authorities_file.empty())
    context.set_default_verify_paths();
  else
    context.load_verify_file(how.authorities_file);
  return context;
}

net::awaitable<void> fetch_into(std::optional<std::string>& body, net::io_context& io, const config::web_address& where,
                                const fetch_settings& how) {
  if (!where.tls) {
    tcp_socket socket{io};
    co_await connect(socket, where);
    body = co_await ask(socket, where, how);
    co_return;
  }
  auto context = trusted(how);
  ssl::stream<tcp_socket> stream{tcp_socket{io}, context};
  stream.set_verify_callback(ssl::host_name_verification{where.host});
  SSL_set_tlsext_host_name(stream.native_handle(), where.host.c_str());
  co_await connect(stream.next_layer(), where);
  co_await stream.async_handshake(ssl::stream_base::client, net::use_awaitable);
  body = co_await ask(stream, where, how);
}

} // namespace

std::variant<std::string, not_fetched> fetch(const config::web_address& from, const fetch_settings& how,
                                             const std::stop_token& stop) {
  if (!from.tls && !from.loopback)
    return not_fetched{"is neither https nor a loopback address"};
  std::optional<std::string> body;
  std::string why = "gave no answer within " + std::to_string(how.within.count()) + " ms";
  net::io_context io{1}; // Ends before what its coroutine refers to.
  net::co_spawn(io, fetch_into(body, io, from, how), [&](const std::exception_ptr& failed) {
    try {
      if (failed)
        std::rethrow_exception(failed);
    } catch (const unfit& reason) {
      why = reason.what();
    } catch (const boost::system::system_error& error) {
      why = "cannot be fetched: " + error.code().message();
    }
  });
  const std::stop_callback end_early{stop, [&] { io.stop(); }};
  io.run_for(how.within);
  if (body)
    return std::move(*body);
  return not_fetched{stop.stop_requested() ? "was not fetched: ending" : why};
}

} // namespace troupe::transport
