// The handshake inputs that must not hurt, and HTTP, over real sockets.
#include "tests/transport/echo_server.hpp"
#include "tests/transport/raw_client.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

std::string get(const std::string& path, const std::string& fields = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

/// `upgrade_request_text` with one line replaced.
std::string upgrade_with(const std::string& line, const std::string& instead) {
  auto text = upgrade_request_text();
  const auto at = text.find(line);
  return text.replace(at, line.size(), instead);
}

std::string field_of(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos)
    return {};
  const auto from = at + name.size() + 4;
  return answer.substr(from, answer.find("\r\n", from) - from);
}

} // namespace

SCENARIO("handshakes that are refused") {
  struct row {
    const char* what;
    std::string request;
    unsigned status;
  };
  static const std::vector<row> table{
    {"foreign origin", upgrade_request_text("Origin: https://evil.com\r\n"), 403},
    {"null origin", upgrade_request_text("Origin: null\r\n"), 403},
    {"look-alike origin", upgrade_request_text("Origin: http://localhost.evil.com\r\n"), 403},
    {"two origins", upgrade_request_text("Origin: http://localhost\r\nOrigin: https://evil.com\r\n"), 403},
    {"empty origin", upgrade_request_text("Origin: \r\n"), 403},
    {"no upgrade", get("/ws"), 426},
    {"other upgrade", upgrade_with("Upgrade: websocket", "Upgrade: h2c"), 426},
    {"old version", upgrade_with("Version: 13", "Version: 8"), 426},
    {"no version", upgrade_with("Sec-WebSocket-Version: 13\r\n", ""), 426},
    {"no key", upgrade_with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
    {"long key", upgrade_with("dGhlIHNhbXBsZSBub25jZQ==", std::string(300, 'A')), 400},
    {"no subprotocol", upgrade_with("Sec-WebSocket-Protocol: troupe.v1\r\n", ""), 400},
    {"other subprotocol", upgrade_with("troupe.v1", "graphql-ws"), 400},
    {"post", upgrade_with("GET /ws", "POST /ws"), 405},
    {"HTTP/1.0", upgrade_with("HTTP/1.1", "HTTP/1.0"), 400},
    {"HTTP/2.0", upgrade_with("HTTP/1.1", "HTTP/2.0"), 400},
    {"no host", upgrade_with("Host: localhost\r\n", ""), 400},
    {"two hosts", upgrade_with("Host: localhost\r\n", "Host: localhost\r\nHost: evil.com\r\n"), 400},
    {"not HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", 400},
    {"bytes before the answer", upgrade_request_text() + text_frame("too early"), 400},
    {"a long header", upgrade_request_text("X-Long: " + std::string(10'000, 'x') + "\r\n"), 431},
    {"many headers", upgrade_request_text([] {
       std::string many;
       for (int index = 0; index < 2'000; ++index)
         many += "X-" + std::to_string(index) + ": y\r\n";
       return many;
     }()),
     431},
    {"an endless first line", "GET /" + std::string(100'000, 'a'), 431},
  };
  echo_server server;
  for (const auto& [what, request, status] : table) {
    CAPTURE(what);
    raw_client client{server.port()};
    client.send(request);
    CHECK(status_of(client.answer()) == status);
    CHECK(client.ended_within(5'000));
  }
  CHECK(server.acceptor.log.opened == 0);
  CHECK(server.metric("troupe_socket_refused_origins_total") == 5);

  raw_client good{server.port()};
  CHECK(good.upgrade("Origin: http://localhost\r\n"));
}

SCENARIO("an accepted handshake names our subprotocol and no extension") {
  echo_server server;
  raw_client client{server.port()};
  client.send(upgrade_request_text("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  const auto answer = client.answer();
  CHECK(status_of(answer) == 101);
  CHECK(field_of(answer, "Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(field_of(answer, "Sec-WebSocket-Protocol") == "troupe.v1");
  CHECK(field_of(answer, "Sec-WebSocket-Extensions").empty());
}

SCENARIO("who dawdles with the handshake is closed in time, others are served meanwhile") {
  troupe::config::listen_options listen;
  listen.handshake_ms = 1'500;
  echo_server server{listen};
  std::vector<raw_client> silent;
  for (int index = 0; index < 2'000; ++index)
    silent.emplace_back(server.port());
  raw_client dripping{server.port()}, body{server.port()};
  body.send("POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");

  raw_client good{server.port()};
  REQUIRE(good.upgrade());
  REQUIRE(good.send(text_frame("served")));
  CHECK(good.frame()->payload == "served");

  // One byte every 50 ms would keep a per-read time-out happy for ever.
  bool closed = false;
  for (const char byte : upgrade_request_text()) {
    if ((closed = !dripping.send({&byte, 1}) || dripping.ended_within(50)))
      break;
  }
  CHECK(closed);
  CHECK(body.ended_within(5'000));
  for (auto& client : silent)
    REQUIRE(client.ended_within(5'000));
  CHECK(server.metric("troupe_socket_deadlines_total") == 2'002);

  REQUIRE(good.send(text_frame("still there")));
  CHECK(good.frame()->payload == "still there");
}

SCENARIO("HTTP answers beside the WebSocket") {
  echo_server server;
  raw_client client{server.port()};
  const auto ask = [&](const std::string& request) {
    client.send(request);
    return client.answer();
  };

  SECTION("one connection serves many requests, with headers for browsers") {
    const auto page = ask(get("/"));
    CHECK(status_of(page) == 200);
    CHECK(page.ends_with("<p>hello</p>"));
    CHECK(field_of(page, "Content-Type") == "text/html");
    CHECK(field_of(page, "X-Content-Type-Options") == "nosniff");
    CHECK(field_of(page, "X-Frame-Options") == "DENY");
    CHECK(field_of(page, "Content-Security-Policy").find("default-src 'none'") == 0);
    CHECK(status_of(ask(get("/healthz"))) == 200);
    CHECK(status_of(ask(get("/readyz"))) == 200);
    CHECK(ask(get("/metrics")).find("troupe_socket_accepted_total") != std::string::npos);
    CHECK(status_of(ask(get("/nowhere"))) == 404);
    CHECK(status_of(ask(get("/../../etc/passwd"))) == 404);
    CHECK(status_of(ask(get("/%2e%2e/%2e%2e/etc/passwd"))) == 404);
    CHECK(status_of(ask("DELETE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 405);
  }
  SECTION("not ready, with the reason") {
    server.ready.set("draining");
    const auto answer = ask(get("/readyz"));
    CHECK(status_of(answer) == 503);
    CHECK(answer.ends_with("draining\n"));
    CHECK(status_of(ask(get("/healthz"))) == 200);
  }
  SECTION("HEAD has the length and no body") {
    client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/healthz"));
    std::string both;
    while (both.find("ok\n") == std::string::npos) {
      const auto part = client.answer();
      REQUIRE_FALSE(part.empty());
      both += part;
    }
    CHECK(both.find("Content-Length: 12") != std::string::npos);
    CHECK(both.find("hello") == std::string::npos);
  }
  SECTION("the API gets the request decoded") {
    const auto answer = ask("POST /api/v1/rooms/a%20b/messages?x=%20y HTTP/1.1\r\nHost: localhost\r\n"
                            "Authorization: Bearer t\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(status_of(answer) == 200);
    CHECK(answer.ends_with("POST /api/v1/rooms/a b/messages ?x=%20y Bearer t 127.0.0.1 body"));
    CHECK(field_of(ask(get("/api/busy")), "Retry-After") == "7");
  }
  SECTION("pages of others may not post") {
    const auto post = [&](const std::string& origin) {
      return status_of(
        ask("POST /api/x HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin + "\r\nContent-Length: 0\r\n\r\n"));
    };
    CHECK(post("http://localhost") == 200);
    CHECK(post("http://evil.com") == 403);
    CHECK(post("null") == 403);
  }
  SECTION("chunked bodies") {
    const auto answer = ask("POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK(answer.ends_with(" abcde"));
  }
  SECTION("a client that asks before it sends") {
    client.send("POST /api/x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(status_of(client.answer()) == 100);
    client.send("hi");
    CHECK(client.answer().ends_with(" hi"));
  }
  SECTION("a body that is too long, claimed or chunked") {
    CHECK(status_of(ask("POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n")) == 413);
    raw_client other{server.port()};
    other.send("POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
               std::string(0x20000, 'x'));
    CHECK(status_of(other.answer()) == 413);
  }
  SECTION("a request in two framings") {
    CHECK(status_of(ask(
            "POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")) == 400);
    raw_client other{server.port()};
    other.send("POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
               "0\r\n\r\n");
    CHECK(status_of(other.answer()) == 400);
  }
  SECTION("requests sent ahead are answered in order") {
    client.send(get("/healthz") + get("/nowhere") + get("/"));
    CHECK(status_of(client.answer()) == 200);
    CHECK(status_of(client.answer()) == 404);
    CHECK(client.answer().ends_with("<p>hello</p>"));
  }
  SECTION("a client that asks for the end") {
    CHECK(status_of(ask(get("/healthz", "Connection: close\r\n"))) == 200);
    CHECK(client.ended_within(5'000));
  }
}

SCENARIO("admission answers 503 before the upgrade") {
  troupe::config::listen_options listen;
  SECTION("connections of the node, trusted or not") {
    listen.connections_max = 2;
    echo_server server{listen};
    raw_client one{server.port()}, two{server.port()}, three{server.port()};
    CHECK(one.upgrade());
    CHECK(two.upgrade());
    three.send(upgrade_request_text());
    const auto answer = three.answer();
    CHECK(status_of(answer) == 503);
    CHECK(std::stoi(field_of(answer, "Retry-After")) >= 1);
    raw_client probe{server.port()};
    probe.send(get("/healthz"));
    CHECK(status_of(probe.answer()) == 200);
    one.send(close_frame_of(1000));
    CHECK(one.ended_within(5'000));
    raw_client four{server.port()};
    CHECK(four.upgrade());
  }
  SECTION("connections of one address") {
    listen.connections_per_ip_max = 1;
    listen.trusted = {};
    echo_server server{listen};
    raw_client one{server.port()}, two{server.port()};
    CHECK(one.upgrade());
    CHECK_FALSE(two.upgrade());
    CHECK(server.metric("troupe_socket_refused_per_ip_total") == 1);
  }
  SECTION("handshakes of one address") {
    listen.handshakes_per_ip_per_s = 3;
    listen.trusted = {};
    echo_server server{listen};
    int refused = 0;
    for (int index = 0; index < 30; ++index) {
      raw_client client{server.port()};
      refused += !client.upgrade();
    }
    CHECK(refused > 0);
    CHECK(server.metric("troupe_socket_refused_handshakes_per_ip_total") == refused);
  }
}

SCENARIO("without descriptors new sockets are turned away, old ones live on, and it recovers") {
  if (sanitized)
    return;
  echo_server server;
  raw_client old{server.port()};
  REQUIRE(old.upgrade());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<raw_client> waiting;
  for (int index = 0; index < 5; ++index)
    waiting.emplace_back(server.port());
  REQUIRE(waiting.back().upgrade());

  { // Client sockets exist before, so only the server runs out.
    std::vector<raw_client> more;
    rlimit tight = before;
    tight.rlim_cur = 0;
    const int probe = ::dup(0);
    ::close(probe);
    tight.rlim_cur = static_cast<rlim_t>(probe) + 1; // one more, which the next client takes
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    std::string answer;
    try {
      raw_client refused{server.port()};
      refused.send(get("/healthz"));
      answer = refused.answer();
    } catch (...) {
      ::setrlimit(RLIMIT_NOFILE, &before);
      throw;
    }
    CHECK(old.send(text_frame("still there")));
    CHECK(old.frame()->payload == "still there");
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    // The answer may be lost with a reset, but the socket does not hang.
    CHECK((answer.empty() || status_of(answer) == 503));
  }
  CHECK(server.metric("troupe_socket_accept_pauses_total") > 0);
  CHECK(server.metric("troupe_socket_refused_descriptors_total") > 0);
  raw_client late{server.port()};
  CHECK(late.upgrade());
}

SCENARIO("several threads share one port") {
  echo_server server{{}, 3};
  std::vector<raw_client> clients;
  for (int index = 0; index < 60; ++index) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().upgrade());
  }
  CHECK(eventually([&] { return server.metric("troupe_socket_connections") == 60; }));
  const auto text = server.metrics.text();
  for (int thread = 0; thread < 3; ++thread)
    CHECK(text.find("troupe_socket_connections{thread=\"" + std::to_string(thread) + "\"} 0\n") == std::string::npos);
}

SCENARIO("a port in use is an error, not a shared port") {
  echo_server server;
  troupe::config::listen_options listen;
  listen.address = "127.0.0.1:" + std::to_string(server.port());
  troupe::transport::server second;
  CHECK_THROWS_WITH(
    second.start(listen, {}, {server.pool, server.acceptor, server.api, server.content, server.ready, server.metrics}),
    Catch::Contains("cannot listen on 127.0.0.1:"));
}
