#include "tests/apps/tiny_hub.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <thread>

namespace troupe::tests {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

class tiny_hub::implementation {
public:
  explicit implementation(flaws f)
    : flaws_{f}, acceptor_{context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {
    accept();
    thread_ = std::thread{[this] { context_.run(); }};
  }

  ~implementation() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
  struct client : std::enable_shared_from_this<client> {
    client(implementation& hub, tcp::socket socket) : hub{hub}, ws{std::move(socket)} {}

    void start() {
      http::async_read(ws.next_layer(), buffer, request, [me = shared_from_this()](auto error, auto) {
        if (error)
          return;
        me->room = std::string{me->request.target()};
        me->ws.async_accept(me->request, [me](auto refused) {
          if (refused)
            return;
          me->hub.rooms_[me->room].insert(me);
          me->read();
        });
      });
    }

    void read() {
      ws.async_read(buffer, [me = shared_from_this()](auto error, auto) {
        if (error) {
          me->hub.rooms_[me->room].erase(me);
          return;
        }
        const auto text = beast::buffers_to_string(me->buffer.data());
        me->buffer.consume(me->buffer.size());
        me->hub.broadcast(me->room, text);
        me->read();
      });
    }

    void say(const std::string& text) {
      waiting.push_back(text);
      if (waiting.size() == 1)
        write();
    }

    void write() {
      ws.async_write(asio::buffer(waiting.front()), [me = shared_from_this()](auto error, auto) {
        if (error)
          return;
        me->waiting.pop_front();
        if (!me->waiting.empty())
          me->write();
      });
    }

    implementation& hub;
    beast::websocket::stream<tcp::socket> ws;
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    std::string room;
    std::deque<std::string> waiting;
    std::string held; ///< To be sent after the next.
  };

  void accept() {
    acceptor_.async_accept([this](auto error, tcp::socket socket) {
      if (error)
        return;
      std::make_shared<client>(*this, std::move(socket))->start();
      accept();
    });
  }

  static bool every(std::uint64_t count, std::uint64_t n) { return n != 0 && count % n == 0; }

  void broadcast(const std::string& room, const std::string& text) {
    for (const auto& to : rooms_[room]) {
      ++deliveries_;
      if (every(deliveries_, flaws_.lose_every))
        continue;
      if (deliveries_ == flaws_.close_after) {
        beast::error_code ignored;
        to->ws.next_layer().close(ignored);
        continue;
      }
      if (every(deliveries_, flaws_.misdirect_every)) {
        for (auto& [name, clients] : rooms_)
          if (name != room && !clients.empty())
            (*clients.begin())->say(text);
        continue;
      }
      if (every(deliveries_, flaws_.swap_every) && to->held.empty()) {
        to->held = text;
        continue;
      }
      to->say(text);
      if (every(deliveries_, flaws_.double_every))
        to->say(text);
      if (!to->held.empty())
        to->say(std::exchange(to->held, {}));
    }
  }

  const flaws flaws_;
  std::uint64_t deliveries_ = 0;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::map<std::string, std::set<std::shared_ptr<client>>> rooms_;
  std::thread thread_;
};

tiny_hub::tiny_hub(flaws f) : it_{std::make_unique<implementation>(f)} {}

tiny_hub::~tiny_hub() = default;

std::uint16_t tiny_hub::port() const { return it_->port(); }

} // namespace troupe::tests
