// transport/http_session.hpp
//
// A socket from its acceptance on: HTTP requests one after the other, until it is closed
// or becomes a WebSocket.
#pragma once

#include "actors/api.hpp"
#include "transport/admission.hpp"
#include "transport/asio.hpp"
#include "transport/destinations.hpp"
#include "transport/lane.hpp"
#include "transport/request_target.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::transport {

/// Serves `/healthz`, `/readyz`, `/metrics`, `/client.json`, `/ws`, everything below `/api/`, and static pages.
///
/// Threading: one I/O thread.
/// Lifetime:  holds itself while the socket is open.
/// Memory:    a socket that says nothing holds no buffer; a request is bounded by `header_bytes_max` and
///            `http_body_bytes_max`.
/// Time:      a request has `handshake_ms` from acceptance, or from its first byte on a kept connection; a kept
///            connection may be silent for `idle_ms`, an answer may take `write_ms` to be read.
class http_session final : public session, private timer_wheel::entry {
public:
  static constexpr std::int64_t idle_ms = 15'000;
  static constexpr std::int64_t write_ms = 10'000;

  static void start(std::shared_ptr<lane> on, tcp_socket socket, tcp::endpoint peer, admission::place place);

  void leave() override;
  void abort() override { end(); }

private:
  using request = http::request<http::string_body>;
  using response = http::response<http::string_body>;
  using parser = http::request_parser<http::string_body>;

  enum class state : std::uint8_t { idle, reading, answering, writing, ended };

  http_session(std::shared_ptr<lane> on, tcp_socket socket, tcp::endpoint peer, admission::place place);

  // -- one request ------------------------------------------------------------
  void await_request();
  void read_header();
  void header_read(error_code error);
  void read_body();
  void answer();
  void upgrade();
  void call_api();

  // -- one answer -------------------------------------------------------------
  response& prepare(unsigned status, std::string_view content_type, std::string body);
  void refuse(unsigned status, std::string_view message);
  void refuse_for_now(std::string_view message, std::int64_t retry_after_ms);
  void refuse_unreadable(error_code error);
  void page(std::string_view content_type, std::string body);
  void page(const static_page& what);
  void tell_client();
  void write();
  void written(error_code error);

  std::string field(http::field name) const;
  std::string address() const;
  void expired(std::int64_t now_ms) override;
  void end();

  tcp_socket socket_;
  tcp::endpoint peer_;
  admission::place place_;
  boost::intrusive_ptr<http_session> self_;
  beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  std::unique_ptr<response> response_;
  request_target target_;
  const destination* destination_ = nullptr; ///< Of `target_`.
  state state_ = state::idle;
  bool first_ = true; ///< The deadline of the first request runs from acceptance.
  bool keep_ = true;  ///< The socket stays open after this answer.
};

} // namespace troupe::transport
