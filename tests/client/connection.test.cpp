// The socket of the client against a node that follows a script.
#include "client/session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <catch2/catch.hpp>

#include <thread>

using namespace troupe;
using namespace troupe::client;
namespace asio = boost::asio;
namespace beast = boost::beast;
using socket_type = beast::websocket::stream<asio::ip::tcp::socket>;

namespace {

/// Accepts one connection after the other; each follows its own script on a thread of the node's.
class scripted_node {
public:
  using script = std::function<void(socket_type&)>;

  explicit scripted_node(std::vector<script> scripts, std::string subprotocol = "troupe.v1")
    : thread_{[this, scripts = std::move(scripts), subprotocol] {
        for (const auto& play : scripts) {
          socket_type socket{acceptor_.accept()};
          socket.set_option(beast::websocket::stream_base::decorator([&](beast::websocket::response_type& answer) {
            answer.set(beast::http::field::sec_websocket_protocol, subprotocol);
          }));
          beast::error_code failed;
          socket.accept(failed);
          if (!failed)
            play(socket);
        }
      }} {}
  ~scripted_node() { thread_.join(); }

  endpoint where() const { return {"127.0.0.1", std::to_string(acceptor_.local_endpoint().port())}; }

private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::thread thread_;
};

std::string hears(socket_type& socket) {
  beast::flat_buffer bytes;
  beast::error_code failed;
  socket.read(bytes, failed);
  return failed ? failed.message() : beast::buffers_to_string(bytes.data());
}

void says(socket_type& socket, const std::string& frame) {
  socket.text(true);
  socket.write(asio::buffer(frame));
}

const std::string welcome =
  R"({"type":"welcome","re":1,"session":"s","user":"ann","node":"n","ping_ms":25000,"resume":"r1",)"
  R"("limits":{"frame":65536,"body":16384,"rate":0,"inflight":8},"time":1700000000000})";

} // namespace

TEST_CASE("frames go out in order and come in typed; an answer finds who asked") {
  std::vector<std::string> heard;
  scripted_node node{{[&](socket_type& socket) {
    heard.push_back(hears(socket));
    heard.push_back(hears(socket));
    says(socket, R"({"type":"later","field":1})");
    says(socket, R"({"type":"pong","re":1099511627776,"time":5})");
    socket.close({static_cast<beast::websocket::close_code>(4008), "slow consumer"});
  }}};
  asio::io_context io;
  std::vector<std::string> told;
  protocol::time_ms answered = 0;
  std::shared_ptr<connection> ann;
  ann = connection::open(io, node.where(),
                         {.opened =
                            [&] {
                              ann->send(protocol::client::typing{.room = "lounge"});
                              ann->ask(protocol::client::ping{}, [&](const protocol::push& what) {
                                answered = std::get<protocol::server::pong>(what).time;
                              });
                            },
                          .received = [&](const protocol::push&) { told.push_back("frame"); },
                          .not_understood = [&](const std::string&) { told.push_back("nonsense"); },
                          .lost = [&](const loss& how) { told.push_back(std::to_string(how.code) + how.reason); }});
  io.run();
  CHECK(heard ==
        std::vector<std::string>{R"({"type":"typing","room":"lounge"})", R"({"type":"ping","id":1099511627776})"});
  CHECK(answered == 5);
  CHECK(told == std::vector<std::string>{"nonsense", "frame", "4008slow consumer"});
}

TEST_CASE("what is no node of ours is refused") {
  asio::io_context io;
  std::vector<loss> ends;
  const auto lost = [&](const loss& how) { ends.push_back(how); };
  SECTION("another subprotocol") {
    scripted_node node{{[](socket_type& socket) { hears(socket); }}, "graphql-ws"};
    connection::open(io, node.where(), {.lost = lost});
    io.run();
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].reason == "the server does not speak troupe.v1");
  }
  SECTION("nobody listens") {
    connection::open(io, {"127.0.0.1", "1"}, {.lost = lost});
    io.run();
    REQUIRE(ends.size() == 1);
    CHECK_FALSE(ends[0].was_open);
  }
}

TEST_CASE("a session comes back to a node that was gone") {
  std::vector<std::string> second;
  scripted_node node{{[](socket_type& socket) {
                        hears(socket);
                        says(socket, welcome);
                        hears(socket); // the send; the node dies over it
                      },
                      [&](socket_type& socket) {
                        second.push_back(hears(socket));
                        says(socket, welcome);
                        second.push_back(hears(socket));
                        socket.close({});
                      }}};
  asio::io_context io;
  session_events silent;
  session ann{io, node.where(), {.user = "ann", .backoff_first_ms = 1, .backoff_most_ms = 10}, silent};
  const auto cid = ann.send({.room = "lounge", .body = "hello"});
  ann.start();
  while (second.size() < 2)
    io.run_one();
  CHECK(second[0].find("\"resume\":\"r1\"") != std::string::npos);
  CHECK(second[1].find(cid) != std::string::npos);
  ann.stop();
  io.run();
}

TEST_CASE("a session that loses its node tries the next one, in turn") {
  std::string first, second;
  asio::io_context io;
  session_events silent;
  scripted_node one{{[&](socket_type& socket) {
    first = hears(socket);
    says(socket, welcome);
    hears(socket); // the send; the node dies over it
  }}};
  scripted_node two{{[&](socket_type& socket) {
    hears(socket);
    says(socket, welcome);
    second = hears(socket);
    socket.close({});
  }}};
  // Nobody listens at the third.
  const endpoint nowhere{"127.0.0.1", "1"};
  session ann{
    io, {one.where(), nowhere, two.where()}, {.user = "ann", .backoff_first_ms = 1, .backoff_most_ms = 10}, silent};
  const auto cid = ann.send({.room = "lounge", .body = "hello"});
  ann.start();
  while (second.empty())
    io.run_one();
  CHECK(first.find("hello") != std::string::npos);
  CHECK(second.find(cid) != std::string::npos);
  ann.stop();
  io.run();
}
