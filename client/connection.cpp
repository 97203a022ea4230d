#include "client/connection.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <unordered_map>
#include <utility>

namespace troupe::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

/// What happened, for people who do not know sockets.
std::string in_words(beast::error_code failed) {
  if (failed == asio::error::eof || failed == asio::error::connection_reset || failed == asio::error::broken_pipe)
    return "the node is gone";
  if (failed == asio::error::connection_refused)
    return "nobody listens there";
  if (failed == beast::error::timeout)
    return "the node does not answer";
  return failed.message();
}

constexpr protocol::request_id own_ids_from = protocol::request_id{1} << 40;

class beast_connection final : public connection, public std::enable_shared_from_this<beast_connection> {
public:
  beast_connection(asio::io_context& io, endpoint where, connection_events events, connection_options options)
    : resolver_{io}, stream_{io}, where_{std::move(where)}, events_{std::move(events)}, options_{std::move(options)} {}

  void start() {
    resolver_.async_resolve(where_.host, where_.port,
                            [self = shared_from_this()](beast::error_code failed, tcp::resolver::results_type found) {
                              if (failed)
                                return self->end(failed);
                              self->connect(std::move(found));
                            });
  }

  void send(const protocol::request& what) override {
    if (over_)
      return;
    if (events_.sending)
      events_.sending(what);
    std::string frame;
    std::visit([&](const auto& one) { protocol::encode_json(frame, one); }, what);
    enqueue(std::move(frame), true);
  }

  void send_raw(std::string frame, bool text) override { enqueue(std::move(frame), text); }

  void ask(protocol::request what, answered then) override {
    set_id(what, next_id_);
    asked_.emplace(next_id_++, std::move(then));
    send(what);
  }

  void close(std::uint16_t code) override {
    if (over_ || closing_)
      return;
    closing_ = code;
    if (!open_ && !over_) {
      beast::get_lowest_layer(stream_).cancel();
      resolver_.cancel();
    }
    write_next();
    if (paused_)
      resume_reading(); // The answer to the close frame has to be read.
  }

  void abandon() override {
    if (std::exchange(over_, true))
      return;
    resolver_.cancel();
    beast::get_lowest_layer(stream_).close();
    fall_silent();
  }

  void cut() override {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      self->end(asio::error::make_error_code(asio::error::connection_aborted));
    });
  }

  void pause_reading() override { paused_ = true; }

  void resume_reading() override {
    if (std::exchange(paused_, false) && open_ && !reading_ && !over_)
      read();
  }

  std::size_t queued_bytes() const override { return queued_bytes_; }

private:
  struct outgoing {
    std::string frame;
    bool text = true;
  };

  void connect(tcp::resolver::results_type found) {
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(options_.open_within);
    if (options_.receive_buffer_bytes > 0) {
      // It has to be set before the connection exists, or the window is negotiated without it.
      beast::error_code ignored;
      lowest.socket().open(found.begin()->endpoint().protocol(), ignored);
      lowest.socket().set_option(asio::socket_base::receive_buffer_size{options_.receive_buffer_bytes}, ignored);
      lowest.async_connect(found.begin()->endpoint(),
                           [self = shared_from_this()](beast::error_code failed) { self->connected(failed); });
      return;
    }
    lowest.async_connect(std::move(found), [self = shared_from_this()](beast::error_code failed, const auto&) {
      self->connected(failed);
    });
  }

  void connected(beast::error_code failed) {
    if (failed)
      return end(failed);
    auto& lowest = beast::get_lowest_layer(stream_);
    beast::error_code ignored;
    lowest.socket().set_option(tcp::no_delay{true}, ignored);
    lowest.expires_never();
    auto timeout = websocket::stream_base::timeout::suggested(beast::role_type::client);
    timeout.handshake_timeout = options_.open_within;
    timeout.idle_timeout = websocket::stream_base::none(); // `ping` of the protocol does that.
    stream_.set_option(timeout);
    stream_.read_message_max(1024 * 1024);
    stream_.set_option(websocket::stream_base::decorator([origin = options_.origin](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, "troupe.v1");
      if (!origin.empty())
        request.set(beast::http::field::origin, origin);
    }));
    const auto host = where_.host.find(':') == std::string::npos ? where_.host : '[' + where_.host + ']';
    stream_.async_handshake(answer_, host + ':' + where_.port, where_.path,
                            [self = shared_from_this()](beast::error_code result) { self->upgraded(result); });
  }

  void upgraded(beast::error_code failed) {
    if (over_)
      return;
    if (failed == websocket::error::upgrade_declined) {
      refused_ = "the server answered " + std::to_string(answer_.result_int()) + ' ' + std::string(answer_.reason());
      return end(failed);
    }
    if (failed)
      return end(failed);
    if (answer_[beast::http::field::sec_websocket_protocol] != "troupe.v1") {
      refused_ = "the server does not speak troupe.v1";
      return end(websocket::error::upgrade_declined);
    }
    open_ = true;
    if (events_.opened)
      events_.opened();
    if (over_)
      return;
    write_next();
    if (!paused_)
      read();
  }

  void read() {
    reading_ = true;
    stream_.async_read(incoming_, [self = shared_from_this()](beast::error_code failed, std::size_t) {
      self->reading_ = false;
      if (self->over_)
        return;
      if (failed)
        return self->end(failed);
      self->take();
      if (!self->over_ && !self->paused_)
        self->read();
    });
  }

  void take() {
    const auto bytes = incoming_.cdata();
    auto decoded = protocol::decode_server_json({static_cast<const char*>(bytes.data()), bytes.size()});
    incoming_.consume(incoming_.size());
    if (const auto* failed = std::get_if<protocol::decode_failure>(&decoded)) {
      if (events_.not_understood)
        events_.not_understood(failed->message);
      return;
    }
    const auto& push = std::get<protocol::push>(decoded);
    // The callbacks may abandon this connection and with it the functions.
    const auto self = shared_from_this();
    if (const auto re = answers(push))
      if (auto asked = asked_.extract(*re))
        asked.mapped()(push);
    if (!over_ && events_.received)
      events_.received(push);
  }

  void enqueue(std::string frame, bool text) {
    if (over_ || closing_)
      return;
    queued_bytes_ += frame.size();
    queue_.push_back({std::move(frame), text});
    write_next();
  }

  void write_next() {
    if (!open_ || over_ || std::exchange(writing_, true))
      return;
    if (queue_.empty()) {
      if (!closing_) {
        writing_ = false;
        return;
      }
      stream_.async_close(websocket::close_reason{static_cast<websocket::close_code>(*closing_)},
                          [self = shared_from_this()](beast::error_code failed) {
                            if (failed)
                              self->end(failed);
                          });
      return;
    }
    stream_.text(queue_.front().text);
    stream_.async_write(asio::buffer(queue_.front().frame),
                        [self = shared_from_this()](beast::error_code failed, std::size_t) {
                          self->writing_ = false;
                          if (self->over_)
                            return;
                          if (failed)
                            return self->write_failed(failed);
                          self->queued_bytes_ -= self->queue_.front().frame.size();
                          self->queue_.pop_front();
                          self->write_next();
                        });
  }

  /// The peer may have closed with a code that is still to be read; the read tells how it ended.
  void write_failed(beast::error_code failed) {
    queue_.clear();
    queued_bytes_ = 0;
    if (!reading_)
      end(failed);
  }

  void end(beast::error_code failed) {
    if (std::exchange(over_, true))
      return;
    loss how;
    how.was_open = open_;
    if (failed == websocket::error::closed || stream_.reason().code != websocket::close_code::none) {
      how.code = stream_.reason().code;
      how.reason.assign(stream_.reason().reason.data(), stream_.reason().reason.size());
    } else {
      how.reason = refused_.empty() ? in_words(failed) : refused_;
    }
    beast::get_lowest_layer(stream_).close();
    auto tell = std::move(events_.lost);
    fall_silent();
    if (tell)
      tell(how);
  }

  /// Frees what the callbacks hold; not while one of them runs.
  void fall_silent() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      self->events_ = {};
      self->asked_.clear();
    });
  }

  tcp::resolver resolver_;
  websocket::stream<beast::tcp_stream> stream_;
  endpoint where_;
  connection_events events_;
  connection_options options_;
  websocket::response_type answer_;
  std::string refused_;
  beast::flat_buffer incoming_;
  std::deque<outgoing> queue_;
  std::size_t queued_bytes_ = 0;
  std::unordered_map<protocol::request_id, answered> asked_;
  protocol::request_id next_id_ = own_ids_from;
  std::optional<std::uint16_t> closing_;
  bool open_ = false;
  bool over_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool paused_ = false;
};

} // namespace

std::shared_ptr<connection> connection::open(asio::io_context& io, endpoint where, connection_events events,
                                             connection_options options) {
  auto made = std::make_shared<beast_connection>(io, std::move(where), std::move(events), std::move(options));
  made->start();
  return made;
}

std::optional<protocol::request_id> answers(const protocol::push& what) {
  return std::visit(
    [](const auto& one) -> std::optional<protocol::request_id> {
      if constexpr (requires { one.re; })
        return one.re;
      else
        return std::nullopt;
    },
    what);
}

std::optional<protocol::request_id> id_of(const protocol::request& what) {
  return std::visit(
    [](const auto& one) -> std::optional<protocol::request_id> {
      if constexpr (requires { one.id; })
        return one.id;
      else
        return std::nullopt;
    },
    what);
}

void set_id(protocol::request& what, protocol::request_id id) {
  std::visit(
    [&](auto& one) {
      if constexpr (requires { one.id; })
        one.id = id;
    },
    what);
}

} // namespace troupe::client
