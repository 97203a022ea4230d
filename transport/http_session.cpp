#include "transport/http_session.hpp"

#include "transport/linger.hpp"
#include "transport/websocket.hpp"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <utility>

namespace troupe::transport {

namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view plain = "text/plain; charset=utf-8";

std::string quoted(std::string_view text) {
  std::string result{"\""};
  for (const char c : text) {
    if (c == '"' || c == '\\')
      result.push_back('\\');
    result.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return result.append("\"");
}

/// The `code` of protocol/errors.hpp that comes closest, for bodies that look like the API's.
std::string_view code_of(unsigned status) {
  switch (status) {
  case 403: return "forbidden";
  case 404: return "not_found";
  case 413: return "too_large";
  case 431: return "too_large";
  case 503: return "overloaded";
  default: return "bad_request";
  }
}

} // namespace

http_session::http_session(std::shared_ptr<lane> on, tcp_socket socket, tcp::endpoint peer, admission::place place)
  : session{std::move(on)}, socket_{std::move(socket)}, peer_{std::move(peer)}, place_{std::move(place)},
    buffer_{home().site->listen.header_bytes_max + std::size_t{16} * 1024} {}

void http_session::start(std::shared_ptr<lane> on, tcp_socket socket, tcp::endpoint peer, admission::place place) {
  boost::intrusive_ptr<http_session> self{
    new http_session{std::move(on), std::move(socket), std::move(peer), std::move(place)}};
  self->self_ = self;
  auto& thread = self->home().thread;
  thread.schedule(*self, thread.now_ms() + self->home().site->listen.handshake_ms - 2 * timer_wheel::slot_ms);
  self->await_request();
}

// -- one request --------------------------------------------------------------

void http_session::await_request() {
  state_ = state::idle;
  if (buffer_.size() > 0)
    return read_header();
  buffer_.shrink_to_fit();
  socket_.async_wait(tcp_socket::wait_read, [this, self = self_](error_code error) {
    if (state_ != state::idle)
      return;
    if (error)
      return end();
    home().thread.refresh_now();
    read_header();
  });
}

void http_session::read_header() {
  const auto& listen = home().site->listen;
  if (!std::exchange(first_, false))
    home().thread.schedule(*this, home().thread.now_ms() + listen.handshake_ms);
  state_ = state::reading;
  parser_.emplace();
  parser_->header_limit(listen.header_bytes_max);
  parser_->body_limit(listen.http_body_bytes_max);
  http::async_read_header(socket_, buffer_, *parser_, [this, self = self_](error_code error, std::size_t bytes) {
    bump(home().counters->bytes_in, static_cast<std::int64_t>(bytes));
    if (state_ == state::reading)
      header_read(error);
  });
}

void http_session::header_read(error_code error) {
  home().thread.refresh_now();
  if (error)
    return refuse_unreadable(error);
  const auto& message = parser_->get();
  keep_ = message.keep_alive() && !home().leaving;
  const auto target = message.target();
  auto parsed = parse_target({target.data(), target.size()});
  const auto wrong = message.version() != 10 && message.version() != 11                 ? "Speak HTTP/1.1."
                     : message.version() == 11 && message.count(http::field::host) != 1 ? "Send one Host header."
                     : !parsed                                                          ? "The path cannot be read."
                                                                                        : nullptr;
  if (wrong) {
    keep_ = false;
    return refuse(400, wrong);
  }
  target_ = *std::move(parsed);
  const auto found = home().site->destinations.find(target_.path);
  destination_ = found ? &found->value() : nullptr;
  if (destination_ && destination_->what == destination::kind::socket)
    return upgrade();
  if (message.count(http::field::expect) > 0 && !parser_->is_done()) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code ignored; // a client that does not get it sends its body after a while
    socket_.write_some(net::buffer(go_on), ignored);
  }
  read_body();
}

void http_session::read_body() {
  http::async_read(socket_, buffer_, *parser_, [this, self = self_](error_code error, std::size_t bytes) {
    bump(home().counters->bytes_in, static_cast<std::int64_t>(bytes));
    if (state_ != state::reading)
      return;
    home().thread.refresh_now();
    if (error)
      refuse_unreadable(error);
    else
      answer();
  });
}

void http_session::answer() {
  using kind = destination::kind;
  if (!destination_)
    return refuse(404, "There is nothing at this address.");
  if (destination_->what == kind::api)
    return call_api();
  const auto method = parser_->get().method();
  if (method != http::verb::get && method != http::verb::head) {
    prepare(405, json, R"({"error":{"code":"bad_request","message":"Use GET or HEAD here."}})")
      .set(http::field::allow, "GET, HEAD");
    return write();
  }
  if (destination_->what == kind::health)
    return page(plain, "ok\n");
  if (destination_->what == kind::ready) {
    const auto reason = home().site->ready.reason();
    prepare(reason ? 503 : 200, plain, reason.value_or("ready") + "\n").set(http::field::cache_control, "no-store");
    return write();
  }
  if (destination_->what == kind::metrics)
    return page("text/plain; version=0.0.4; charset=utf-8", home().site->measured.text());
  if (destination_->what == kind::client)
    return tell_client();
  page(*destination_->page);
}

void http_session::call_api() {
  auto& message = parser_->get();
  // A foreign page can post without asking first; browsers then say where it came from.
  if (message.count(http::field::origin) > 0 &&
      !home().site->origins.allows(field(http::field::origin), field(http::field::host))) {
    bump(home().counters->refused_origins);
    return refuse(403, "This origin may not use the API; add its host to listen.origins.");
  }
  actors::api_request request;
  request.method = message.method_string();
  request.path = std::move(target_.path);
  request.query = std::move(target_.query);
  request.authorization = field(http::field::authorization);
  request.body = std::move(message.body());
  request.address = address();
  state_ = state::answering;
  timer_wheel::cancel(*this);
  home().site->api.call(home().thread.index(), std::move(request), [this, self = self_](actors::api_response answer) {
    if (state_ != state::answering)
      return;
    auto& made = prepare(answer.status, answer.content_type, std::move(answer.body));
    if (answer.retry_after_s > 0)
      made.set(http::field::retry_after, std::to_string(answer.retry_after_s));
    made.set(http::field::cache_control, "no-store");
    write();
  });
}

void http_session::upgrade() {
  const auto& message = parser_->get();
  auto& counters = *home().counters;
  const auto host = field(http::field::host), connection = field(http::field::connection),
             protocol = field(http::field::upgrade), key = field(http::field::sec_websocket_key),
             version = field(http::field::sec_websocket_version), offered = field(http::field::sec_websocket_protocol),
             origin = field(http::field::origin);
  const auto method = message.method_string();
  error_code ignored;
  const auto verdict = judge_upgrade({.method = {method.data(), method.size()},
                                      .version = message.version(),
                                      .host = host,
                                      .connection = connection,
                                      .upgrade = protocol,
                                      .key = key,
                                      .socket_version = version,
                                      .subprotocols = offered,
                                      .origin = origin,
                                      .has_origin = message.count(http::field::origin) > 0,
                                      .early_bytes = buffer_.size() > 0 || socket_.available(ignored) > 0},
                                     home().site->origins);
  if (verdict.status != 101) {
    bump(verdict.status == 403 ? counters.refused_origins : counters.refused_upgrades);
    keep_ = false;
    return refuse(verdict.status, verdict.message);
  }
  if (home().leaving)
    return refuse_for_now("This node is going away.", 1'000);
  const auto entry = home().site->admission.enter(place_, home().thread.now_ms());
  switch (entry.verdict) {
  case entry_verdict::welcome: break;
  case entry_verdict::too_many_connections:
    bump(counters.refused_connections);
    return refuse_for_now("This node has all the connections it may have.", entry.retry_after_ms);
  case entry_verdict::too_many_of_address:
    bump(counters.refused_per_ip);
    return refuse_for_now("Your address has all the connections it may have.", entry.retry_after_ms);
  case entry_verdict::too_many_handshakes:
    bump(counters.refused_handshakes);
    return refuse_for_now("Too many clients connect at the moment.", entry.retry_after_ms);
  case entry_verdict::too_many_handshakes_of_address:
    bump(counters.refused_handshakes_per_ip);
    return refuse_for_now("Your address connects too often.", entry.retry_after_ms);
  }
  timer_wheel::cancel(*this);
  state_ = state::ended;
  actors::peer who{address(), field(http::field::user_agent)};
  websocket::accept(home().shared_from_this(), std::move(socket_), message, std::move(who), std::move(place_));
  self_.reset();
}

// -- one answer ---------------------------------------------------------------

http_session::response& http_session::prepare(unsigned status, std::string_view content_type, std::string body) {
  response_ = std::make_unique<response>(static_cast<http::status>(status), 11);
  auto& made = *response_;
  made.set(http::field::server, "troupe");
  made.set(http::field::content_type, beast::string_view{content_type.data(), content_type.size()});
  made.set("X-Content-Type-Options", "nosniff");
  made.set(http::field::x_frame_options, "DENY");
  made.set("Referrer-Policy", "no-referrer");
  made.set("Cross-Origin-Opener-Policy", "same-origin");
  made.set("Cross-Origin-Resource-Policy", "same-origin");
  made.set("Content-Security-Policy", beast::string_view{data_policy.data(), data_policy.size()});
  made.keep_alive(keep_);
  made.body() = std::move(body);
  made.prepare_payload();
  if (parser_ && parser_->get().method() == http::verb::head) {
    const auto bytes = made.body().size();
    made.body().clear();
    made.content_length(bytes);
  }
  return made;
}

void http_session::page(std::string_view content_type, std::string body) {
  prepare(200, content_type, std::move(body)).set(http::field::cache_control, "no-cache");
  write();
}

void http_session::page(const static_page& what) {
  const auto form = form_of(what, field(http::field::accept_encoding), field(http::field::if_none_match));
  auto& made = prepare(form.unchanged ? 304 : 200, what.content_type, std::string{form.unchanged ? "" : form.body});
  made.set(http::field::cache_control, what.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!what.brotli.empty() || !what.gzip.empty())
    made.set(http::field::vary, "Accept-Encoding");
  if (!form.encoding.empty())
    made.set(http::field::content_encoding, beast::string_view{form.encoding.data(), form.encoding.size()});
  if (!form.etag.empty())
    made.set(http::field::etag, form.etag);
  if (what.document) {
    const auto host = field(http::field::host);
    made.set("Content-Security-Policy", document_policy(host, home().site->nodes.seen_from(host)));
    made.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
  }
  write();
}

void http_session::tell_client() {
  const auto& nodes = home().site->nodes;
  prepare(200, json, client_json(nodes.self(), home().site->sign_in, nodes.seen_from(field(http::field::host))))
    .set(http::field::cache_control, "no-store");
  write();
}

void http_session::refuse(unsigned status, std::string_view message) {
  auto& made = prepare(status, json,
                       "{\"error\":{\"code\":" + quoted(code_of(status)) + ",\"message\":" + quoted(message) + "}}\n");
  if (status == 405)
    made.set(http::field::allow, "GET");
  if (status == 426) {
    made.set(http::field::upgrade, "websocket");
    made.set(http::field::connection, "upgrade, close");
    made.set(http::field::sec_websocket_version, "13");
  }
  write();
}

void http_session::refuse_for_now(std::string_view message, std::int64_t retry_after_ms) {
  keep_ = false;
  const auto seconds = std::max<std::int64_t>(1, (retry_after_ms + 999) / 1'000);
  prepare(503, json, "{\"error\":{\"code\":\"overloaded\",\"message\":" + quoted(message) + "}}\n")
    .set(http::field::retry_after, std::to_string(seconds));
  write();
}

void http_session::refuse_unreadable(error_code error) {
  keep_ = false;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refuse(431, "The header is too long.");
  if (error == http::error::body_limit)
    return refuse(413, "The body is too long.");
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != make_error_code(http::error::end_of_stream).category())
    return end();
  refuse(400, "This is not HTTP.");
}

void http_session::write() {
  state_ = state::writing;
  keep_ = keep_ && !home().leaving;
  home().thread.schedule(*this, home().thread.now_ms() + write_ms);
  bump(home().counters->requests);
  http::async_write(socket_, *response_, [this, self = self_](error_code error, std::size_t bytes) {
    bump(home().counters->bytes_out, static_cast<std::int64_t>(bytes));
    if (state_ == state::writing)
      written(error);
  });
}

void http_session::written(error_code error) {
  response_.reset();
  parser_.reset();
  if (error)
    return end();
  if (!keep_) {
    linger(home().shared_from_this(), std::move(socket_), std::move(place_));
    return end();
  }
  home().thread.schedule(*this, home().thread.refresh_now() + idle_ms);
  await_request();
}

// -- the rest -----------------------------------------------------------------

/// A field's value; several fields of one name are joined as HTTP says.
std::string http_session::field(http::field name) const {
  std::string result;
  const auto [first, last] = parser_->get().equal_range(name);
  for (auto at = first; at != last; ++at) {
    if (at != first)
      result.append(", ");
    result.append(at->value().data(), at->value().size());
  }
  return result;
}

std::string http_session::address() const {
  const auto where = peer_.address();
  if (where.is_v6() && where.to_v6().is_v4_mapped())
    return net::ip::make_address_v4(net::ip::v4_mapped, where.to_v6()).to_string();
  return where.to_string();
}

void http_session::leave() {
  keep_ = false;
  if (state_ == state::idle || state_ == state::reading)
    end();
}

void http_session::expired(std::int64_t) {
  if (state_ == state::reading || first_)
    bump(home().counters->deadlines);
  end();
}

void http_session::end() {
  state_ = state::ended;
  timer_wheel::cancel(*this);
  error_code ignored;
  socket_.close(ignored);
  place_.reset();
  const auto self = std::move(self_);
}

} // namespace troupe::transport
